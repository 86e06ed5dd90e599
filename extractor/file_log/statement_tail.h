// How a row's text ends: what may still follow it, whatever the quotes say.
#pragma once

#include <string_view>

namespace dw::extract {

// Whether a statement that ends so can go on with a number and a name, as the beginning of a row without a
// time reads: `select 1,` goes on with `99 Quit`. `has_comment`: the text may end with one.
bool number_may_follow(std::string_view statement, bool has_comment);

// "user@host on db using TCP/IP", "Access denied for user 'user'@'host' (using password: YES)".
bool ends_like_connect(std::string_view text);
// " using TCP/IP" and the like.
bool ends_in_connection_type(std::string_view text);

// Whether that server writes " using …" at a Connect row's end: MySQL since 5.7, MariaDB 10.11 (of those
// before it it is not known).
bool adds_connection_type(std::string_view version);

}  // namespace dw::extract
