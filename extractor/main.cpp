#include "common/util/name_lookup.h"
#include "extractor/cgi.h"
#include "extractor/cli.h"

int main(int argc, char** argv) {
  dw::look_names_up_without_modules();
  return dw::extract::is_cgi() ? dw::extract::run_cgi() : dw::extract::run_command_line(argc, argv);
}
