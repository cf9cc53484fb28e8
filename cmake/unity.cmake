# Several files compiled as one: most of the time that a small file takes goes into headers and templates that its neighbours
# need too. Files go together only if no two of them define the same name, so that a file may name what it keeps to itself as it
# likes. The names are read when CMake runs; where a new one gives a "redefinition", run CMake again. The preset `dev`
# compiles every file by itself.
option(OBSCURA_UNITY "Compile several files as one" ON)
set(OBSCURA_UNITY_FILES 8)

# What begins in the first column of `file`: the names of functions, variables and types that it defines, and as they stand those
# that it uses from elsewhere.
function(obscura_read_names file names_out used_out)
  file(STRINGS "${file}" lines REGEX "^([A-Za-z]|\\[\\[)")
  string(REGEX REPLACE "[][]" " " lines "${lines}")  # brackets keep CMake from seeing where an element ends
  set(names)
  set(used)
  foreach(line IN LISTS lines)
    if(line MATCHES "^(using|class|struct|union|enum class|enum) ([A-Za-z0-9_]+)( |$)")
      list(APPEND names "${CMAKE_MATCH_2}")
    elseif(line MATCHES "^using ([A-Za-z0-9_:]+)")
      list(APPEND used "${CMAKE_MATCH_1}")
    elseif(NOT line MATCHES "^(using|namespace|template|extern|TEST|TYPED_TEST|INSTANTIATE|static_assert)"
           AND line MATCHES "([A-Za-z0-9_:~]+)(\\(| =| ?{|;|$)")
      list(APPEND names "${CMAKE_MATCH_1}")
    endif()
  endforeach()
  set(${names_out} "${names}" PARENT_SCOPE)
  set(${used_out} "${used}" PARENT_SCOPE)
endfunction()

# Compiles the sources of `target` in groups: each file goes to the first one that has room and means nothing else by its names.
# A file that opens a whole namespace stays by itself.
function(obscura_compile_together target sources)
  if(NOT OBSCURA_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # A local name may be that of a constant in another file; and a class of one file only may hold what that file keeps to itself.
  target_compile_options(${target} PRIVATE -Wno-shadow "$<$<CXX_COMPILER_ID:GNU>:-Wshadow=local;-Wno-subobject-linkage>")
  set(groups 0)
  foreach(source IN LISTS sources)
    file(STRINGS "${source}" opened REGEX "using namespace")
    if(opened)
      continue()
    endif()
    obscura_read_names("${source}" names used)
    foreach(group RANGE ${groups})
      set(new "${used}")
      list(REMOVE_ITEM new ${used_of_${group}})
      list(TRANSFORM new REPLACE "^.*::" "")
      list(APPEND new ${names})
      set(distinct "${new}")
      list(REMOVE_ITEM distinct ${names_of_${group}})
      list(LENGTH "files_of_${group}" files)
      if(files LESS OBSCURA_UNITY_FILES AND distinct STREQUAL new)
        set(chosen "${group}")
        break()
      endif()
    endforeach()
    list(APPEND "files_of_${chosen}" "${source}")
    list(APPEND "names_of_${chosen}" ${new})
    list(APPEND "used_of_${chosen}" ${used})
    if(chosen EQUAL groups)
      math(EXPR groups "${groups} + 1")
    endif()
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${chosen}")
  endforeach()
endfunction()
