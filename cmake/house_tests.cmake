# Tests of the house itself: the gates over the source tree, their self-tests, and what the worker program may hold.
if(NOT OBSCURA_TESTS)
  return()
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(obscura_add_house_test name)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS fast TIMEOUT 120)
endfunction()

# The gates read the tree, not the build: once, in the plain build, is enough.
if(NOT OBSCURA_SANITIZE AND NOT CMAKE_CROSSCOMPILING)
  set(gates "${CMAKE_SOURCE_DIR}/scripts/gates")
  obscura_add_house_test(gates/layers Python3::Interpreter "${gates}/check_layers.py")
  obscura_add_house_test(gates/sizes Python3::Interpreter "${gates}/check_sizes.py")
  obscura_add_house_test(gates/tree Python3::Interpreter "${gates}/check_tree.py")
  obscura_add_house_test(gates/format "${gates}/check_format.sh")
  obscura_add_house_test(gates/self_test Python3::Interpreter "${gates}/test_gates.py")
  obscura_add_house_test(gates/count_self_test Python3::Interpreter "${CMAKE_SOURCE_DIR}/scripts/test_count_tests.py")

  set(boundary "${CMAKE_SOURCE_DIR}/tests/worker_boundary")
  obscura_add_house_test(worker_boundary_self_test Python3::Interpreter "${boundary}/test_check_worker_boundary.py")
  if(TARGET obscura-worker AND TARGET obscura)
    obscura_add_house_test(worker_boundary Python3::Interpreter "${boundary}/check_worker_boundary.py"
      --build "${CMAKE_BINARY_DIR}" --worker "$<TARGET_FILE:obscura-worker>" --owner "$<TARGET_FILE:obscura>"
      --nm "${CMAKE_NM}" --ninja "${CMAKE_MAKE_PROGRAM}")
  endif()

  # The known answers are what the slow reference makes: all of them, and a part that takes seconds.
  set(reference "${CMAKE_SOURCE_DIR}/tests/reference")
  obscura_add_house_test(reference/vectors Python3::Interpreter "${reference}/make_vectors.py" --check
    --only arithmetic sampling encoding encryption files)
  obscura_add_house_test(reference/all_vectors Python3::Interpreter "${reference}/make_vectors.py" --check)
  set_tests_properties(reference/all_vectors PROPERTIES LABELS slow TIMEOUT 300)
  # What the caps of parameters promise, by estimates of our own.
  obscura_add_house_test(reference/estimator Python3::Interpreter "${reference}/estimator.py" --check --quick)
  obscura_add_house_test(reference/estimator_whole Python3::Interpreter "${reference}/estimator.py" --check)
  set_tests_properties(reference/estimator_whole PROPERTIES LABELS slow TIMEOUT 300)

  obscura_add_house_test(packaging/commit Python3::Interpreter "${CMAKE_SOURCE_DIR}/tests/packaging/commit_test.py"
    --cmake "${CMAKE_COMMAND}")

  # The programs as black boxes. Under a sanitizer the same code runs in process, in the tests of the rooms.
  if(TARGET obscura-worker AND TARGET obscura)
    set(programs "$<TARGET_FILE_DIR:obscura>")
    file(GLOB pages CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/README.md" "${CMAKE_SOURCE_DIR}/docs/guide/*.md")
    list(FILTER pages EXCLUDE REGEX "/embed\\.md$")  # tests/install runs it
    obscura_add_house_test(docs Python3::Interpreter "${CMAKE_SOURCE_DIR}/tests/docs/run_examples.py"
      --bin "${programs}" --scratch /tmp/obscura-walkthrough ${pages})
    set_tests_properties(docs PROPERTIES TIMEOUT 300)
    foreach(name usage core_dumps bench input compile images mismatch stages artefact passphrase reproducible flip releases sealing demo zoo serve submit replicas nats shards trace)
      obscura_add_house_test(cli/${name} Python3::Interpreter "${CMAKE_SOURCE_DIR}/tests/cli/run_tests.py"
        --bin "${programs}" ${name})
    endforeach()
    set_tests_properties(cli/artefact cli/compile cli/images cli/passphrase cli/reproducible cli/flip cli/releases cli/sealing cli/demo cli/zoo
      cli/serve cli/submit cli/replicas cli/nats cli/shards
      PROPERTIES LABELS slow TIMEOUT 900)
    set_tests_properties(cli/flip cli/zoo cli/serve cli/submit cli/replicas cli/nats cli/shards PROPERTIES PROCESSORS 2)

    # One allocation, or one operation on files, of each command fails.
    set(faults "${CMAKE_SOURCE_DIR}/tests/faults")
    add_library(fail_calls MODULE "${faults}/preload/fail_calls.cpp")
    target_link_libraries(fail_calls PRIVATE ${CMAKE_DL_LIBS})
    set_target_properties(fail_calls PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
    obscura_add_house_test(faults Python3::Interpreter "${faults}/faults_test.py" --bin "${programs}"
      --preload "$<TARGET_FILE:fail_calls>")
    set_tests_properties(faults PROPERTIES LABELS slow TIMEOUT 1800 PROCESSORS 2)

    foreach(name units manifests)
      obscura_add_house_test(packaging/${name} Python3::Interpreter "${CMAKE_SOURCE_DIR}/tests/packaging/${name}_test.py"
        --bin "${programs}")
    endforeach()

    set(security "${CMAKE_SOURCE_DIR}/tests/security")
    add_library(keep_readable MODULE "${security}/preload/keep_readable.cpp")
    target_link_libraries(keep_readable PRIVATE ${CMAKE_DL_LIBS})
    set_target_properties(keep_readable PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")
    obscura_add_house_test(security/secret_scan Python3::Interpreter "${security}/secret_scan_test.py" --bin "${programs}"
      --preload "$<TARGET_FILE:keep_readable>")
    set_tests_properties(security/secret_scan PROPERTIES LABELS slow TIMEOUT 900 PROCESSORS 2)
    obscura_add_house_test(packaging/sbom Python3::Interpreter "${CMAKE_SOURCE_DIR}/tests/packaging/sbom_test.py"
      --build "${CMAKE_BINARY_DIR}")
    if(TARGET obscura_embed_client)
      set(install "${CMAKE_SOURCE_DIR}/tests/install")
      obscura_add_house_test(install/embed Python3::Interpreter "${install}/embed_test.py" --build "${CMAKE_BINARY_DIR}"
        --bin "${programs}" --cxx "${CMAKE_CXX_COMPILER}" --nm "${CMAKE_NM}")
      obscura_add_house_test(install/package Python3::Interpreter "${install}/package_test.py" --build "${CMAKE_BINARY_DIR}"
        --cxx "${CMAKE_CXX_COMPILER}")
      set_tests_properties(install/embed install/package PROPERTIES LABELS slow TIMEOUT 900)
      set_tests_properties(install/embed PROPERTIES PROCESSORS 2)
    endif()
  endif()
endif()
