#include "loader/reported_run.h"

#include <chrono>

#include "common/mysql/connection.h"
#include "loader/foreign_source.h"

namespace dw::load {
namespace {

using Clock = std::chrono::steady_clock;

void fail(RunReport& report, const Error& error) {
  report.exit_code = error.code();
  report.error = error.line();
}

}  // namespace

void run_reported(RunReport& report, const std::function<void()>& work) {
  const auto started = Clock::now();
  try {
    work();
  } catch (const ForeignSourceError& error) {
    report.identity_changed = true;
    fail(report, error);
  } catch (const Error& error) {
    fail(report, error);
  } catch (const mysql::SqlError& error) {
    fail(report, Error(ExitCode::mirror_unreachable, std::string("the mirror failed: ") + error.what(),
                       "nothing half done; run dw-load again"));
  } catch (const std::exception& error) {
    fail(report, Error(ExitCode::failed, std::string("failed unexpectedly: ") + error.what(),
                       "nothing half done; run dw-load again, and report it if it stays"));
  }
  report.seconds = std::chrono::duration<double>(Clock::now() - started).count();
}

}  // namespace dw::load
