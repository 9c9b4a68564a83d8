// SPDX-License-Identifier: Apache-2.0
#include "capture/gzip.hpp"

#include <zlib.h>

namespace tlswhy::capture {

std::string gzip(std::string_view data) {
  constexpr int k_gzip_window = 15 + 16;  // the largest window, and a gzip header instead of zlib's
  constexpr int k_memory = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, k_gzip_window, k_memory, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&stream, data.size()), '\0');
  std::string in(data);  // zlib wants it writable
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return done ? out : std::string();
}

}  // namespace tlswhy::capture
