#include "common/util/gzip.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include <zlib.h>

#include "common/util/error.h"

namespace dw {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib.h, deflateInit2: "add 16 to windowBits to write a gzip header"
constexpr std::size_t kPiece = std::size_t{256} * 1024;

// zlib counts input in unsigned ints; longer input goes in by pieces.
void feed(z_stream& stream, std::string_view& rest) {
  if (stream.avail_in != 0 || rest.empty()) return;
  const std::size_t size = std::min<std::size_t>(rest.size(), std::numeric_limits<uInt>::max());
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
  stream.avail_in = static_cast<uInt>(size);
  rest.remove_prefix(size);
}

}  // namespace

struct GzipStream::State {
  z_stream stream{};
  std::string piece = std::string(kPiece, '\0');
};

GzipStream::GzipStream(int level) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib: deflateInit2 failed");
  }
}
GzipStream::~GzipStream() {
  deflateEnd(&state_->stream);
}

std::string GzipStream::run(std::string_view bytes, int mode) {
  z_stream& stream = state_->stream;
  std::string out;
  do {
    feed(stream, bytes);
    stream.next_out = reinterpret_cast<Bytef*>(state_->piece.data());
    stream.avail_out = static_cast<uInt>(state_->piece.size());
    deflate(&stream, bytes.empty() ? mode : Z_NO_FLUSH);
    out.append(state_->piece, 0, state_->piece.size() - stream.avail_out);
  } while (stream.avail_out == 0 || !bytes.empty());
  return out;
}

std::string GzipStream::add(std::string_view bytes) {
  return run(bytes, Z_NO_FLUSH);
}
std::string GzipStream::flush() {
  return run({}, Z_SYNC_FLUSH);
}
std::string GzipStream::finish() {
  return run({}, Z_FINISH);
}

std::string gzip(std::string_view bytes, int level) {
  z_stream stream{};
  if (deflateInit2(&stream, level, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("zlib: deflateInit2 failed");
  }
  std::string out;
  std::string piece(kPiece, '\0');
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    feed(stream, bytes);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.append(piece, 0, piece.size() - stream.avail_out);
  }
  deflateEnd(&stream);
  return out;
}

std::string gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::runtime_error("zlib: inflateInit2 failed");
  std::string out;
  std::string piece(kPiece, '\0');
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    feed(stream, bytes);
    stream.next_out = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_out = static_cast<uInt>(piece.size());
    status = inflate(&stream, Z_NO_FLUSH);
    out.append(piece, 0, piece.size() - stream.avail_out);
    if (out.size() > limit) break;
    const bool starved = stream.avail_in == 0 && bytes.empty() && stream.avail_out != 0;
    if ((status != Z_OK && status != Z_STREAM_END) || (starved && status != Z_STREAM_END)) break;
  }
  inflateEnd(&stream);
  if (out.size() > limit) {
    throw Error(ExitCode::failed,
                "compressed data is larger than the limit of " + std::to_string(limit) + " bytes");
  }
  if (status != Z_STREAM_END) throw Error(ExitCode::failed, "gzip data is cut off or damaged");
  return out;
}

}  // namespace dw
