// Where voice and progress meet: the stream, and the line on it that is written over.
#pragma once

#include <string>

namespace dw::load {

// Whether progress is shown by writing over; false too where nothing is to be shown.
bool progress_is_a_line_written_over();
bool progress_is_shown();
// Writes the line over the one before, cut to the terminal's width. An empty one takes it away.
void write_over(const std::string& line);
// A dated line, in the log file too.
void write_progress_line(const std::string& line);

}  // namespace dw::load
