#include "loader/load_main.h"

int main(int argc, char** argv) {
  return dw::load::load_main(argc, argv);
}
