#include "loader/report/run_end.h"

#include "loader/report/run_record.h"
#include "loader/report/table_sizes.h"

namespace dw::load {

void note_run_end(const Config& config, const RunReport& report,
                  const std::function<void(const std::string&)>& warn) {
  const Micros now = now_micros();
  const std::string date = format_time(now).substr(0, 10);
  RunRecord record = read_run_record(config.spool_dir);
  remember_run(record, report, config.states, now);
  try {
    if (report.error.empty() && record.sizes_date != date) {
      mysql::Connection mirror = mysql::Connection::open(config.mirror);
      record_table_sizes(mirror, date);
      record.sizes_date = date;
    }
  } catch (const std::exception& error) {
    warn(std::string("the sizes of the tables could not be written: ") + error.what());
  }
  try {
    write_run_record(config.spool_dir, record);
  } catch (const Error& error) {
    warn(error.line());
  }
}

}  // namespace dw::load
