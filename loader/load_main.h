// dw-load's top function: options in, exit code out.
#pragma once

namespace dw::load {

int load_main(int argc, char** argv);

}  // namespace dw::load
