# Each GoogleTest test is a test of CTest, so that CTest runs them side by side and counts them. CTest lists them when it
# starts, not the build, which may be too busy to run an executable within the time that CMake allows.
include(GoogleTest)
set(CMAKE_GTEST_DISCOVER_TESTS_DISCOVERY_MODE PRE_TEST)

# cq_discover_tests(TARGET LABEL [argument of gtest_discover_tests...])
function(cq_discover_tests target label)
  # Names with the values of parameters would hold addresses, which differ from run to run.
  gtest_discover_tests(${target} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 120 ${ARGN}
                       PROPERTIES LABELS ${label} TIMEOUT 600 ${CQ_TEST_PROPERTIES})
endfunction()

# One folder is one room, with its sub-folders: a static library of its sources and one GoogleTest executable
# of the *_test.cc files beside them and of the test doubles in folders named testing.

add_library(cq_options INTERFACE)
target_include_directories(cq_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(cq_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wno-unused-parameter
                       # Designated initialisers that lean on defaults are how values are made here.
                       -Wno-missing-field-initializers
                       # gcc 12 sees overlaps in std::string that are not there (GCC bug 105651).
                       $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CQ_WERROR)
  target_compile_options(cq_options INTERFACE -Werror)
endif()
if(CQ_FUZZ)
  # Coverage tells the fuzzers which inputs are new.
  target_compile_options(cq_options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(cq_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CQ_SANITIZE)
  target_compile_options(cq_options INTERFACE -fsanitize=${CQ_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(cq_options INTERFACE -fsanitize=${CQ_SANITIZE})
endif()

# cq_room(NAME DEPENDS <targets its users see too> USES <targets only its sources see>)
function(cq_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;USES" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  set(test_file "(_test\\.cc|/testing/[^/]*\\.cc)$")
  list(FILTER sources EXCLUDE REGEX "${test_file}")
  list(FILTER tests INCLUDE REGEX "${test_file}")
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC cq_options ${ROOM_DEPENDS} PRIVATE ${ROOM_USES})
  if(BUILD_TESTING AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ROOM_USES} GTest::gmock GTest::gtest_main)
    target_compile_definitions(${name}_test PRIVATE CQ_DOCS_DIR="${CMAKE_SOURCE_DIR}/docs")
    cq_discover_tests(${name}_test unit)
  endif()
endfunction()
