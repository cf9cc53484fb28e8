# Cross-building for 64-bit ARM on Debian, with its cross compiler. Libraries come from OBSCURA_SYSROOT, which
# scripts/test-aarch64 fills; programs run under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

cmake_path(SET sysroot NORMALIZE "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-sysroot")
set(OBSCURA_SYSROOT "${sysroot}" CACHE PATH "Where the ARM libraries are unpacked")
set(libraries "${OBSCURA_SYSROOT}/usr/lib/aarch64-linux-gnu")

# Not CMAKE_SYSROOT: the C library stays the cross compiler's own.
set(CMAKE_FIND_ROOT_PATH "${OBSCURA_SYSROOT}" /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${OBSCURA_SYSROOT}")
set(ENV{PKG_CONFIG_LIBDIR} "${libraries}/pkgconfig:${OBSCURA_SYSROOT}/usr/share/pkgconfig")
set(CMAKE_CXX_FLAGS_INIT "-isystem ${OBSCURA_SYSROOT}/usr/include/aarch64-linux-gnu")
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries}")

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)
# Their death tests start the program anew, which the emulator does not see.
set(OBSCURA_LEFT_OUT_TESTS "*WrongOperandsAreBugs*")
