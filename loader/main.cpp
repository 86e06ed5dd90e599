#include "common/util/name_lookup.h"
#include "loader/load_main.h"

int main(int argc, char** argv) {
  dw::look_names_up_without_modules();
  return dw::load::load_main(argc, argv);
}
