// SPDX-License-Identifier: Apache-2.0
#include "report/json_stream.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cmath>

#include "report/json_verdict.hpp"

namespace tlswhy::report {
namespace {

// So much is collected before it is handed over.
constexpr std::size_t k_piece = 256U << 10U;

}  // namespace

struct JsonStream::Writer {
  explicit Writer(int spaces) : indent(spaces), pretty(buffer), plain(buffer) {
    if (indent >= 0) pretty.SetIndent(' ', static_cast<unsigned>(indent));
  }

  template <typename Call>
  void write(Call call) {
    if (indent < 0) {
      call(plain);
    } else {
      call(pretty);
    }
  }
  void string(std::string_view text) {
    write([&](auto& to) { to.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); });
  }

  int indent;
  rapidjson::StringBuffer buffer;
  rapidjson::PrettyWriter<rapidjson::StringBuffer> pretty;
  rapidjson::Writer<rapidjson::StringBuffer> plain;
};

JsonStream::JsonStream(TextSink sink, int indent) : writer_(std::make_unique<Writer>(indent)), sink_(std::move(sink)) {}
JsonStream::~JsonStream() = default;

void JsonStream::begin_object() {
  writer_->write([](auto& to) { to.StartObject(); });
}
void JsonStream::end_object() {
  writer_->write([](auto& to) { to.EndObject(); });
  ended();
}
void JsonStream::begin_array() {
  writer_->write([](auto& to) { to.StartArray(); });
}
void JsonStream::end_array() {
  writer_->write([](auto& to) { to.EndArray(); });
  ended();
}

JsonStream& JsonStream::key(std::string_view name) {
  writer_->write([&](auto& to) { to.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); });
  return *this;
}

void JsonStream::text(std::string_view text) {
  if (is_ascii(text)) {
    writer_->string(text);
  } else {
    writer_->string(valid_utf8(text));
  }
}
void JsonStream::text_or_null(std::string_view words) {
  if (words.empty()) {
    null();
  } else {
    text(words);
  }
}
void JsonStream::number(std::int64_t value) {
  writer_->write([&](auto& to) { to.Int64(value); });
}
void JsonStream::number(std::uint64_t value) {
  writer_->write([&](auto& to) { to.Uint64(value); });
}
void JsonStream::number(double value) {
  if (!std::isfinite(value)) return null();
  writer_->write([&](auto& to) { to.Double(value); });
}
void JsonStream::boolean(bool value) {
  writer_->write([&](auto& to) { to.Bool(value); });
}
void JsonStream::null() {
  writer_->write([](auto& to) { to.Null(); });
}

void JsonStream::value(const nlohmann::ordered_json& value) {
  using Kind = nlohmann::ordered_json::value_t;
  switch (value.type()) {
    case Kind::object:
      begin_object();
      for (const auto& [name, member] : value.items()) {
        key(name);
        this->value(member);
      }
      return end_object();
    case Kind::array:
      begin_array();
      for (const auto& member : value) this->value(member);
      return end_array();
    case Kind::string:
      return text(value.get_ref<const std::string&>());
    case Kind::boolean:
      return boolean(value.get<bool>());
    case Kind::number_integer:
      return number(value.get<std::int64_t>());
    case Kind::number_unsigned:
      return number(value.get<std::uint64_t>());
    case Kind::number_float:
      return number(value.get<double>());
    default:
      return null();
  }
}

void JsonStream::ended() {
  if (writer_->buffer.GetSize() >= k_piece) flush();
}

void JsonStream::flush() {
  sink_(without_marks({writer_->buffer.GetString(), writer_->buffer.GetSize()}));
  writer_->buffer.Clear();
}

}  // namespace tlswhy::report
