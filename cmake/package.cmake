# Two Debian packages from `cpack`: obscura (the programs; dpkg-shlibdeps finds what they need) and libobscura-dev.
if(NOT TARGET obscura_embed_client)
  return()  # nothing is installed
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME obscura)
set(CPACK_PACKAGE_CONTACT "The Obscura authors")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_COMPONENTS_ALL programs development)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME obscura)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS nats-server)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_CONTROL_EXTRA
  "${CMAKE_SOURCE_DIR}/packaging/debian/postinst;${CMAKE_SOURCE_DIR}/packaging/debian/prerm")
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION "Neural networks on encrypted data with encrypted weights
 The programs obscura (compile, keys, seal, encrypt, submit, decrypt), obscura-worker and obscura-admin, and
 systemd units and configurations for who runs a site.")

# The packages that find_package(Obscura) looks for (cmake/ObscuraConfig.cmake.in).
set(needs libexpected-dev libfmt-dev libssl-dev libsodium-dev libpng-dev libjpeg-dev zlib1g-dev pkg-config)
if(OBSCURA_PARALLEL STREQUAL "tbb")
  list(APPEND needs libtbb-dev)
endif()
list(JOIN needs ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libobscura-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION "Neural networks on encrypted data, for embedding
 Headers, static libraries and CMake files of obscura::client and obscura::worker.")
include(CPack)
