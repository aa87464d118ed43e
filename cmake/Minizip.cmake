# Brings the target minizip: zlib's library for zip files, linked statically. Only the `package` command needs it, and
# a shared library would be loaded at the start of every plugin process.
find_package(ZLIB REQUIRED)
find_path(MINIZIP_INCLUDE_DIR minizip/zip.h REQUIRED)
find_library(MINIZIP_LIBRARY libminizip.a REQUIRED)

add_library(minizip STATIC IMPORTED)
set_target_properties(minizip PROPERTIES IMPORTED_LOCATION ${MINIZIP_LIBRARY}
                                         INTERFACE_INCLUDE_DIRECTORIES ${MINIZIP_INCLUDE_DIR}
                                         INTERFACE_LINK_LIBRARIES ZLIB::ZLIB)
