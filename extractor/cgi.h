// dw-extract as a CGI program: reads the environment, answers on stdout, writes reasons to stderr, which is
// the web server's error log.
#pragma once

namespace dw::extract {

// Whether a web server runs us.
bool is_cgi();

// Command-line arguments are none of its business: some web servers make them from the query string.
int run_cgi();

}  // namespace dw::extract
