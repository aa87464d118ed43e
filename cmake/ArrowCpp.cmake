# Brings the targets Arrow::arrow and Arrow::parquet.
#
# An installed Arrow wins if it has Parquet and is new enough for the reader interfaces that formats/
# uses. Otherwise the C++ libraries and headers that the pyarrow wheel carries are used; scripts/setup puts
# that wheel into .tools/venv.
find_package(Arrow 26 CONFIG QUIET)
find_package(Parquet 26 CONFIG QUIET)
if(Arrow_FOUND AND Parquet_FOUND)
  message(STATUS "Arrow ${ARROW_VERSION}: installed on this machine")
  add_library(Arrow::arrow ALIAS Arrow::arrow_shared)
  add_library(Arrow::parquet ALIAS Parquet::parquet_shared)
  return()
endif()

file(GLOB wheel ${CMAKE_SOURCE_DIR}/.tools/venv/lib/python3*/site-packages/pyarrow)
if(NOT wheel)
  message(FATAL_ERROR "No Arrow >= 26 with Parquet is installed, and there is no pyarrow wheel in "
                      ".tools/venv. Run scripts/setup, which brings the wheel.")
endif()

function(cq_import_from_wheel target stem)
  file(GLOB library ${wheel}/lib${stem}.so.*)
  if(NOT library)
    message(FATAL_ERROR "The pyarrow wheel in ${wheel} has no lib${stem}.so. Run scripts/setup again.")
  endif()
  add_library(${target} SHARED IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${library}
                                             INTERFACE_INCLUDE_DIRECTORIES ${wheel}/include)
endfunction()

message(STATUS "Arrow: from the pyarrow wheel in ${wheel}")
cq_import_from_wheel(Arrow::core arrow)
cq_import_from_wheel(Arrow::compute arrow_compute)
cq_import_from_wheel(Arrow::parquet_only parquet)
add_library(Arrow::arrow INTERFACE IMPORTED GLOBAL)
target_link_libraries(Arrow::arrow INTERFACE Arrow::core Arrow::compute)
add_library(Arrow::parquet INTERFACE IMPORTED GLOBAL)
target_link_libraries(Arrow::parquet INTERFACE Arrow::parquet_only Arrow::arrow)
