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
    add_test(NAME ${name}_test COMMAND ${name}_test)
  endif()
endfunction()
