#include "extractor/cgi.h"
#include "extractor/cli.h"

int main(int argc, char** argv) {
  return dw::extract::is_cgi() ? dw::extract::run_cgi() : dw::extract::run_command_line(argc, argv);
}
