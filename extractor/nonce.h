// Words that nobody can guess.
#pragma once

#include <string>

namespace dw::extract {

// 32 hexadecimal digits.
std::string random_nonce();

}  // namespace dw::extract
