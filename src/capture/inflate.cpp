// SPDX-License-Identifier: Apache-2.0
#include "capture/inflate.hpp"

#include <algorithm>
#include <limits>

#include <lz4frame.h>
#include <zlib.h>
#include <zstd.h>

namespace tlswhy::capture {

namespace {

// A window larger than this is refused: a frame of a few bytes could ask for gigabytes. 2^27 is what `zstd` itself accepts
// without --long.
constexpr int k_zstd_window_log = 27;

bool is_gzip(Bytes b) { return b.size() >= 2 && b[0] == 0x1f && b[1] == 0x8b; }

void end_inflate(z_stream* stream) {
  inflateEnd(stream);
  delete stream;
}

}  // namespace

Compression compression_of(Bytes b) {
  if (is_gzip(b)) return Compression::gzip;
  if (b.size() < 4) return Compression::none;
  if (b[0] == 0x28 && b[1] == 0xb5 && b[2] == 0x2f && b[3] == 0xfd) return Compression::zstd;
  if (b[0] == 0x04 && b[1] == 0x22 && b[2] == 0x4d && b[3] == 0x18) return Compression::lz4;
  return Compression::none;
}

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::none: return "";
    case Compression::gzip: return "gzip";
    case Compression::zstd: return "zstd";
    case Compression::lz4: return "lz4";
  }
  return "";
}

struct Inflater::State {
  Compression compression = Compression::none;
  std::unique_ptr<z_stream, decltype(&end_inflate)> gzip{nullptr, end_inflate};  // on the heap: zlib keeps its address
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> zstd{nullptr, ZSTD_freeDStream};
  std::unique_ptr<LZ4F_dctx, decltype(&LZ4F_freeDecompressionContext)> lz4{nullptr, LZ4F_freeDecompressionContext};
  bool between_members = true;
  bool any_member = false;
  bool broken = false;

  Step step_gzip(Bytes input, std::span<std::uint8_t> output);
  Step step_zstd(Bytes input, std::span<std::uint8_t> output);
  Step step_lz4(Bytes input, std::span<std::uint8_t> output);
};

Inflater::Inflater(Compression compression) : state_(std::make_unique<State>()) {
  state_->compression = compression;
  if (compression == Compression::gzip) {
    auto* stream = new z_stream{};
    constexpr int k_gzip_only = 16 + MAX_WBITS;
    if (inflateInit2(stream, k_gzip_only) == Z_OK) {
      state_->gzip.reset(stream);
    } else {
      delete stream;
      state_->broken = true;
    }
  } else if (compression == Compression::zstd) {
    state_->zstd.reset(ZSTD_createDStream());
    state_->broken = !state_->zstd || ZSTD_isError(ZSTD_DCtx_setParameter(state_->zstd.get(), ZSTD_d_windowLogMax, k_zstd_window_log)) != 0;
  } else if (compression == Compression::lz4) {
    LZ4F_dctx* context = nullptr;
    state_->broken = LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION)) != 0;
    state_->lz4.reset(context);
  }
}

Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

bool Inflater::complete() const { return state_->between_members && state_->any_member; }

Inflater::Step Inflater::step(Bytes input, std::span<std::uint8_t> output) {
  if (state_->broken) return {.fault = "the decompressor could not be set up"};
  switch (state_->compression) {
    case Compression::none: break;
    case Compression::gzip: return state_->step_gzip(input, output);
    case Compression::zstd: return state_->step_zstd(input, output);
    case Compression::lz4: return state_->step_lz4(input, output);
  }
  return {.finished = true};
}

Inflater::Step Inflater::State::step_gzip(Bytes input, std::span<std::uint8_t> output) {
  if (between_members && any_member) {
    // RFC 1952, 2.2: "A gzip file consists of a series of "members"". Padding after the last one is common and ignored.
    if (!is_gzip(input)) return {.finished = true};
    if (inflateReset(gzip.get()) != Z_OK) return {.fault = "the decompressor could not be set up"};
  }
  constexpr std::size_t k_most = std::numeric_limits<uInt>::max();
  z_stream& stream = *gzip;
  const auto in_size = static_cast<uInt>(std::min(input.size(), k_most));
  const auto out_size = static_cast<uInt>(std::min(output.size(), k_most));
  stream.next_in = const_cast<Bytef*>(input.data());  // zlib's interface is not const-correct without ZLIB_CONST
  stream.avail_in = in_size;
  stream.next_out = output.data();
  stream.avail_out = out_size;
  const int outcome = inflate(&stream, Z_NO_FLUSH);
  Step step{.consumed = in_size - stream.avail_in, .produced = out_size - stream.avail_out};
  between_members = outcome == Z_STREAM_END;
  any_member = any_member || between_members;
  if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
    step.fault = stream.msg != nullptr ? std::string_view(stream.msg) : std::string_view("invalid data");
  }
  return step;
}

Inflater::Step Inflater::State::step_zstd(Bytes input, std::span<std::uint8_t> output) {
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  ZSTD_outBuffer out{output.data(), output.size(), 0};
  const std::size_t outcome = ZSTD_decompressStream(zstd.get(), &out, &in);
  Step step{.consumed = in.pos, .produced = out.pos};
  if (ZSTD_isError(outcome) != 0) {
    step.fault = ZSTD_getErrorName(outcome);
    return step;
  }
  between_members = outcome == 0;
  any_member = any_member || between_members;
  return step;
}

Inflater::Step Inflater::State::step_lz4(Bytes input, std::span<std::uint8_t> output) {
  std::size_t in_size = input.size();
  std::size_t out_size = output.size();
  const std::size_t outcome = LZ4F_decompress(lz4.get(), output.data(), &out_size, input.data(), &in_size, nullptr);
  Step step{.consumed = in_size, .produced = out_size};
  if (LZ4F_isError(outcome) != 0) {
    step.consumed = step.produced = 0;
    step.fault = LZ4F_getErrorName(outcome);
    return step;
  }
  between_members = outcome == 0;
  any_member = any_member || between_members;
  return step;
}

}  // namespace tlswhy::capture
