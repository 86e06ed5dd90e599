// What every refusal of dw-load is held to: its exit code, one line that says what to do, and a mirror on
// which nothing has changed.
#pragma once

#include <string>
#include <vector>

#include "tests/support/mirror_pair.h"

namespace dw::test {

// The schemas of a server, and all that is in app and dw_meta.
std::string content_of(DatabaseServer& server);

class RefusalBench {
 public:
  // Without retries, so that a refusal comes at once.
  explicit RefusalBench(PairOptions options = {});

  MirrorPair& pair() { return pair_; }

  // Both configs and their secrets as they were at first.
  void restore();
  // Replaces a text that must be there.
  void edit(const std::string& file, const std::string& from, const std::string& to);

  // Checks that dw-load ends with `exit_code`, nothing on stdout, one line on stderr that has every one of
  // `says`, and a mirror that is as it was. Gives the line.
  std::string refuses(int exit_code, const std::vector<std::string>& says,
                      const std::vector<std::string>& arguments = {"sync"});

 private:
  MirrorPair pair_;
};

// One line that begins with the program's name and has every one of `says`; nothing on stdout.
void check_refusal(const ProcessResult& result, const std::string& program, int exit_code,
                   const std::vector<std::string>& says);

}  // namespace dw::test
