// Nothing but a target to compile the tests' common headers for: see tests/CMakeLists.txt.
