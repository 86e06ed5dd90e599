#include "extractor/output.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/util/error.h"

namespace dw::extract {
namespace {

// A line break inside, from a server's message, would make a second line that looks like our own.
void print_line(const char* prefix, std::string_view text) {
  std::string line = prefix;
  for (const char c : text) line += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace

void StdoutSink::write(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return;
  throw Error(ExitCode::failed, std::string("writing the answer: ") + std::strerror(errno));
}

void StdoutSink::flush() {
  if (std::fflush(stdout) != 0)
    throw Error(ExitCode::failed, std::string("writing the answer: ") + std::strerror(errno));
}

void print_document(std::string_view text) {
  StdoutSink sink;
  sink.write(text);
  sink.flush();
}

void print_error(std::string_view line) {
  print_line("dw-extract: ", line);
}
void print_warning(std::string_view line) {
  print_line("dw-extract: warning: ", line);
}

}  // namespace dw::extract
