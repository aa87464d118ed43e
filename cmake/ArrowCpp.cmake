# Brings the targets Arrow::arrow and Arrow::parquet.
#
# With CQ_STATIC they are the static libraries of an installed Arrow. Otherwise an installed Arrow wins if it has Parquet
# and is new enough for the reader interfaces that formats/ uses. Otherwise the C++ libraries and headers that the
# pyarrow wheel carries are used; scripts/setup puts that wheel into .tools/venv. Then CQ_ARROW_FILES are the shared
# libraries, and CQ_ARROW_NOTICES their licenses.
set(minimum 26)
if(CQ_STATIC)
  find_package(Arrow ${minimum} CONFIG REQUIRED)
  find_package(ArrowCompute ${minimum} CONFIG REQUIRED)
  find_package(Parquet ${minimum} CONFIG REQUIRED)
  set(linkage static)
else()
  find_package(Arrow ${minimum} CONFIG QUIET)
  find_package(ArrowCompute ${minimum} CONFIG QUIET)
  find_package(Parquet ${minimum} CONFIG QUIET)
  set(linkage shared)
endif()
if(Arrow_FOUND AND ArrowCompute_FOUND AND Parquet_FOUND)
  message(STATUS "Arrow ${ARROW_VERSION}: installed on this machine, ${linkage}")
  add_library(Arrow::arrow INTERFACE IMPORTED GLOBAL)
  target_link_libraries(Arrow::arrow INTERFACE ArrowCompute::arrow_compute_${linkage} Arrow::arrow_${linkage})
  add_library(Arrow::parquet ALIAS Parquet::parquet_${linkage})
  return()
endif()

file(GLOB wheel ${CMAKE_SOURCE_DIR}/.tools/venv/lib/python3*/site-packages/pyarrow)
if(NOT wheel)
  message(FATAL_ERROR "No Arrow >= ${minimum} with Parquet is installed, and there is no pyarrow wheel in "
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
  set(CQ_ARROW_FILES ${CQ_ARROW_FILES} ${library} PARENT_SCOPE)
endfunction()

message(STATUS "Arrow: from the pyarrow wheel in ${wheel}")
set(CQ_ARROW_FILES)
cq_import_from_wheel(Arrow::core arrow)
cq_import_from_wheel(Arrow::compute arrow_compute)
cq_import_from_wheel(Arrow::parquet_only parquet)
file(GLOB CQ_ARROW_NOTICES ${wheel}-*.dist-info/licenses/*.txt)
add_library(Arrow::arrow INTERFACE IMPORTED GLOBAL)
target_link_libraries(Arrow::arrow INTERFACE Arrow::core Arrow::compute)
add_library(Arrow::parquet INTERFACE IMPORTED GLOBAL)
target_link_libraries(Arrow::parquet INTERFACE Arrow::parquet_only Arrow::arrow)
