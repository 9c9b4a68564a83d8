// SPDX-License-Identifier: Apache-2.0
#include "serve/server.hpp"

#include <httplib.h>
#include <sys/random.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/text.hpp"
#include "report/html.hpp"
#include "report/view.hpp"
#include "serve/answer.hpp"
#include "serve/page.hpp"

namespace tlswhy::serve {
namespace {

constexpr const char* k_loopback = "127.0.0.1";
constexpr std::size_t k_token_bytes = 16;
constexpr std::size_t k_field_limit = 64U << 20U;  // of one field of the form: the pasted text
constexpr std::size_t k_files_limit = 1000;        // in one request
constexpr time_t k_read_timeout_s = 30;            // of a client that stops in mid-sentence
// One more thread than may be busy with engine or upload, so that the page itself always answers.
constexpr std::size_t k_threads = 24;

constexpr const char* k_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

struct Asset {
  const char* path;
  const char* file;
  const char* type;
};
constexpr std::array k_assets{Asset{"/", "index.html", "text/html; charset=utf-8"}, Asset{"/page.css", "page.css", "text/css; charset=utf-8"},
                              Asset{"/page.js", "page.js", "text/javascript; charset=utf-8"}, Asset{"/icon.svg", "icon.svg", "image/svg+xml"}};

// So many may be in the engine at once; it needs a processor for itself.
class Turns {
 public:
  explicit Turns(unsigned count) : free_(count) {}
  class Turn {
   public:
    explicit Turn(Turns& turns) : turns_(turns) {
      std::unique_lock lock(turns_.mutex_);
      turns_.changed_.wait(lock, [&] { return turns_.free_ > 0; });
      --turns_.free_;
    }
    ~Turn() {
      const std::scoped_lock lock(turns_.mutex_);
      ++turns_.free_;
      turns_.changed_.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Turns& turns_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned free_;
};

// Bytes of requests that are held at this moment.
class Held {
 public:
  explicit Held(std::atomic<std::uint64_t>& all) : all_(all) {}
  ~Held() { all_ -= own_; }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  // The sum of this request, and of all.
  std::pair<std::uint64_t, std::uint64_t> add(std::uint64_t bytes) {
    own_ += bytes;
    return {own_, all_ += bytes};
  }

 private:
  std::atomic<std::uint64_t>& all_;
  std::uint64_t own_ = 0;
};

void put(httplib::Response& response, Answer answer) {
  response.status = answer.status;
  response.set_content(answer.body, answer.type.c_str());
}

}  // namespace

std::string make_token() {
  std::array<std::uint8_t, k_token_bytes> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return {};
  return to_hex(bytes);
}

bool same_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b.empty() ? 0 : b[i % b.size()]);
  return difference == 0;
}

struct Server::Implementation {
  Implementation(const Settings& the_settings, const knowledge::Knowledge& the_knowledge)
      : settings(the_settings), knowledge(the_knowledge), token(make_token()), turns(std::max(1U, std::thread::hardware_concurrency())) {
    // The library counts a body as a whole; some room for the form's own lines.
    http.set_payload_max_length(settings.upload_limit + (1U << 20U));
    http.set_read_timeout(k_read_timeout_s);
    http.set_write_timeout(k_read_timeout_s);
    http.set_tcp_nodelay(true);
    // A connection for each question: one that is kept holds a thread, and closing it races with the next question on it.
    http.set_keep_alive_max_count(1);
    // The library would share the port with another program that listens on it.
    http.set_socket_options([](socket_t socket) {
      const int yes = 1;
      setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    });
    http.new_task_queue = [] { return new httplib::ThreadPool(k_threads); };
    http.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) { return admit(request, response); });
    http.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr error) {
      std::string what = "internal error";
      try {
        std::rethrow_exception(std::move(error));
      } catch (const std::bad_alloc&) {
        what = "not enough memory for this input";
      } catch (const std::exception& thrown) {
        what = std::string("internal error: ") + thrown.what();
      }
      put(response, {500, "application/json", report::error_json(what)});
    });
    const std::string root = "/" + token;
    for (const Asset& asset : k_assets) {
      http.Get(root + asset.path, [&asset](const httplib::Request&, httplib::Response& response) { response.set_content(std::string(page_file(asset.file)), asset.type); });
    }
    http.Get(root + "/report.css", [](const httplib::Request&, httplib::Response& response) { response.set_content(std::string(report::diagnosis_style()), "text/css; charset=utf-8"); });
    http.Get(root + "/choices", [this](const httplib::Request&, httplib::Response& response) { put(response, {200, "application/json", report::choices_json(settings.tool, knowledge)}); });
    answers(root + "/diagnose", [this](Question question) { return answer_diagnose(std::move(question), settings.tool, knowledge); });
    answers(root + "/lines", [this](const Question& question) { return answer_lines(question, knowledge); });
    answers(root + "/annotate", [this](Question question) { return answer_annotate(std::move(question), settings.tool, knowledge); });
  }

  // Who may ask at all: browsers send the Host they were told and the Origin of the page that asks.
  httplib::Server::HandlerResponse admit(const httplib::Request& request, httplib::Response& response) const {
    response.set_header("Content-Security-Policy", k_policy);
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cross-Origin-Resource-Policy", "same-origin");
    response.set_header("Cache-Control", "no-store");
    const std::string number = ":" + std::to_string(port);
    const std::string host = request.get_header_value("Host");
    const bool known_host = host == k_loopback + number || host == "localhost" + number;
    const bool known_origin = !request.has_header("Origin") || request.get_header_value("Origin") == "http://" + host;
    const std::string_view path = request.path;
    const std::string_view given = path.substr(std::min<std::size_t>(1, path.size()), path.find('/', 1) - 1);
    if (known_host && known_origin && same_secret(given, token)) return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    response.set_content("Open the address that tlswhy serve printed, with everything in it.\n", "text/plain; charset=utf-8");
    return httplib::Server::HandlerResponse::Handled;
  }

  template <typename Give>
  void answers(const std::string& path, Give give) {
    http.Post(path, [this, give](const httplib::Request& request, httplib::Response& response, const httplib::ContentReader& content) {
      if (!request.is_multipart_form_data()) return put(response, {400, "application/json", report::error_json("a form is expected")});
      Held held(in_flight);
      Question question;
      Answer trouble{200, {}, {}};
      std::vector<std::uint8_t>* file = nullptr;
      std::string* field = nullptr;
      content(
          [&](const httplib::MultipartFormData& part) {
            file = nullptr;
            field = nullptr;
            if (question.files.size() + question.fields.size() >= k_files_limit) trouble = {413, "application/json", report::error_json("too many files at once")};
            if (trouble.status != 200) return true;  // what is sent is read to its end, so that the answer is seen
            if (part.name == "file") {
              file = &question.files.emplace_back(input::Given{part.filename, {}}).bytes;
            } else {
              field = &question.fields.emplace_back(part.name, std::string()).second;
            }
            return true;
          },
          [&](const char* data, std::size_t size) {
            if (trouble.status != 200) return true;
            const auto [own, all] = held.add(size);
            if (own > settings.upload_limit || (field != nullptr && field->size() + size > k_field_limit)) {
              trouble = {413, "application/json", report::error_json("more than " + std::to_string(settings.upload_limit >> 20U) + " MiB at once; tlswhy on the command line has no such limit")};
            } else if (all > settings.upload_limit * k_in_flight_factor) {
              trouble = {503, "application/json", report::error_json("busy with other files; try again in a moment")};
            }
            if (trouble.status != 200) {
              question = {};
              file = nullptr;
              field = nullptr;
              return true;
            }
            if (file != nullptr) file->insert(file->end(), data, data + size);
            if (field != nullptr) field->append(data, size);
            return true;
          });
      if (trouble.status != 200) return put(response, std::move(trouble));
      const Turns::Turn turn(turns);
      put(response, give(std::move(question)));
    });
  }

  Settings settings;
  const knowledge::Knowledge& knowledge;
  std::string token;
  int port = 0;
  Turns turns;
  std::atomic<std::uint64_t> in_flight{0};
  httplib::Server http;
};

Server::Server(const Settings& settings, const knowledge::Knowledge& knowledge) : implementation_(std::make_unique<Implementation>(settings, knowledge)) {}
Server::~Server() = default;

Result<std::string> Server::bind() {
  Implementation& server = *implementation_;
  if (server.token.empty()) return fail("the kernel gives no random bytes for a token");
  if (server.settings.port == 0) {
    server.port = server.http.bind_to_any_port(k_loopback);
    if (server.port <= 0) return fail(std::string("no port can be had: ") + std::strerror(errno));
  } else {
    if (!server.http.bind_to_port(k_loopback, server.settings.port)) return fail("port " + std::to_string(server.settings.port) + " cannot be had: " + std::strerror(errno));
    server.port = server.settings.port;
  }
  return std::string("http://") + k_loopback + ":" + std::to_string(server.port) + "/" + server.token + "/";
}

bool Server::run() { return implementation_->http.listen_after_bind(); }
void Server::stop() { implementation_->http.stop(); }

}  // namespace tlswhy::serve
