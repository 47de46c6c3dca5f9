// What precompiled.h becomes is shared by all tests: see CMakeLists.txt.
