# What `cmake --install` leaves behind: the programs (component programs), and for embedders (component development)
# headers, the rooms' static libraries and find_package(Obscura) with two targets: obscura::client is what a data owner or key
# holder embeds, obscura::worker what a worker embeds. The rooms behind them are exported as obscura::internal_*.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# The room each target stands for.
set(OBSCURA_EMBEDDED_client "deploy/client")
set(OBSCURA_EMBEDDED_worker "runtime/session")

# The headers that embedders include; all that these include themselves is installed with them.
set(OBSCURA_EMBEDDED_HEADERS
  artifact/identity.hpp
  base/file.hpp
  deploy/client/open_answer.hpp
  deploy/client/open_secret.hpp
  deploy/client/read_input.hpp
  deploy/client/release_count.hpp
  deploy/client/request_writer.hpp
  fhe/secret/key_file.hpp
  runtime/session/loaded_model.hpp
  runtime/wire/limits.hpp)

# The targets of the room `first` and of every room it reaches.
function(obscura_reached_targets first out)
  obscura_read_layers()
  set(reached "${first}")
  set(targets)
  list(REVERSE OBSCURA_ROOMS)  # layers.txt lists a room below those that it includes
  foreach(candidate IN LISTS OBSCURA_ROOMS)
    obscura_room_target("${candidate}" target)
    if(candidate IN_LIST reached AND TARGET "${target}")
      list(APPEND targets "${target}")
      list(APPEND reached ${OBSCURA_DEPS_${candidate}})
    endif()
  endforeach()
  set(${out} "${targets}" PARENT_SCOPE)
endfunction()

function(obscura_install_libraries)
  set(rooms)
  foreach(side IN ITEMS client worker)
    obscura_reached_targets("${OBSCURA_EMBEDDED_${side}}" reached)
    list(APPEND rooms ${reached})
    obscura_room_target("${OBSCURA_EMBEDDED_${side}}" target)
    add_library("obscura_embed_${side}" INTERFACE)
    target_link_libraries("obscura_embed_${side}" INTERFACE "${target}")
    set_target_properties("obscura_embed_${side}" PROPERTIES EXPORT_NAME "${side}")
  endforeach()
  list(REMOVE_DUPLICATES rooms)
  foreach(target IN LISTS rooms)
    string(REGEX REPLACE "^obscura_" "internal_" name "${target}")
    set_target_properties("${target}" PROPERTIES EXPORT_NAME "${name}")
  endforeach()
  install(TARGETS obscura_embed_client obscura_embed_worker ${rooms} EXPORT ObscuraTargets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}/obscura" COMPONENT development
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/obscura")
endfunction()

function(obscura_install_package_files)
  set(folder "${CMAKE_INSTALL_LIBDIR}/cmake/Obscura")
  configure_package_config_file(cmake/ObscuraConfig.cmake.in "${CMAKE_BINARY_DIR}/generated/ObscuraConfig.cmake"
    INSTALL_DESTINATION "${folder}" NO_SET_AND_CHECK_MACRO)
  # Before 1.0 every minor version may break what embeds it.
  write_basic_package_version_file("${CMAKE_BINARY_DIR}/generated/ObscuraConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
  install(FILES "${CMAKE_BINARY_DIR}/generated/ObscuraConfig.cmake" "${CMAKE_BINARY_DIR}/generated/ObscuraConfigVersion.cmake"
    DESTINATION "${folder}" COMPONENT development)
  install(EXPORT ObscuraTargets NAMESPACE obscura:: DESTINATION "${folder}" COMPONENT development)
  install(CODE "set(source \"${CMAKE_SOURCE_DIR}/src\")
    set(headers \"${OBSCURA_EMBEDDED_HEADERS}\")
    set(folder \"${CMAKE_INSTALL_INCLUDEDIR}/obscura\")" COMPONENT development)
  install(SCRIPT cmake/install_headers.cmake COMPONENT development)
  install(FILES examples/embed/CMakeLists.txt examples/embed/classify.cpp examples/embed/answer.cpp
    DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libobscura-dev/examples/embed" COMPONENT development)
  install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/libobscura-dev" RENAME copyright COMPONENT development)
endfunction()

if(NOT TARGET obscura_deploy_client OR NOT TARGET obscura_runtime_session OR OBSCURA_SANITIZE)
  return()  # only some rooms are built, or not for use
endif()
install(TARGETS obscura obscura-worker obscura-admin RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT programs)
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/obscura" RENAME copyright COMPONENT programs)
# For who runs a site: units where systemd looks for them, and what is to be filled in.
install(FILES packaging/systemd/obscura-worker.service packaging/systemd/obscura-admin.service packaging/systemd/obscura-nats@.service
  DESTINATION lib/systemd/system COMPONENT programs)
install(FILES docs/guide/operate.md DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/obscura" COMPONENT programs)
install(DIRECTORY packaging/nats packaging/kubernetes DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/obscura/examples" COMPONENT programs)
# What the programs are made of, where there is somebody to ask: Debian's package manager.
find_program(OBSCURA_DPKG_QUERY dpkg-query)
find_package(Python3 COMPONENTS Interpreter)
if(OBSCURA_DPKG_QUERY AND Python3_FOUND AND CMAKE_GENERATOR STREQUAL "Ninja" AND NOT CMAKE_CROSSCOMPILING)
  install(CODE "execute_process(COMMAND \"${Python3_EXECUTABLE}\" \"${CMAKE_SOURCE_DIR}/scripts/sbom\" --build \"${CMAKE_BINARY_DIR}\"
    -o \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/doc/obscura/sbom.cdx.json\" COMMAND_ERROR_IS_FATAL ANY)"
    COMPONENT programs)
endif()
obscura_install_libraries()
obscura_install_package_files()
