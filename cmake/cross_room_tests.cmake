# Tests that need several rooms at once, which layers.txt does not let one room's own tests include:
# tests/<name>/*_test.cpp make one program, linked with the rooms listed here.
if(NOT OBSCURA_TESTS)
  return()
endif()

function(obscura_add_cross_room_tests name)
  set(links)
  foreach(room IN LISTS ARGN)
    obscura_room_target(${room} target)
    if(NOT TARGET ${target})
      return()
    endif()
    list(APPEND links ${target})
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/${name}/*_test.cpp")
  if(sources)
    obscura_add_tests("tests/${name}" "obscura_${name}_test" "${sources}" "${links}")
  endif()
endfunction()

# Encryption, evaluation and decryption together.
obscura_add_cross_room_tests(engine fhe/secret fhe/circuits)
