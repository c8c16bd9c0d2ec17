# Third-party sources, pinned; none is in the repository. What the system has is taken first
# (tools/setup installs Debian's packages), else the same releases are fetched from upstream.
# FETCHCONTENT_SOURCE_DIR_<NAME> points at a local copy instead.
include(FetchContent)
set(FETCHCONTENT_QUIET ON)
set(PAGEVEC_DEPS_INCLUDE "$ENV{PAGEVEC_DEPS_INCLUDE}" CACHE PATH
  "A folder that holds the headers hnswlib/ and nlohmann/")

# An interface target for a library of headers. /usr/include is not searched when cross-compiling:
# on em++'s include path the system's C headers would hide Emscripten's.
function(pagevec_headers target header folder)
  string(MAKE_C_IDENTIFIER "PAGEVEC_${target}_INCLUDE" path)
  find_path(${path} ${header} PATHS ${PAGEVEC_DEPS_INCLUDE}
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  if(NOT EMSCRIPTEN)
    find_path(${path} ${header})
  endif()
  if(NOT ${path})
    # No such SOURCE_SUBDIR: only the headers are wanted, not the library's own CMake project.
    FetchContent_Declare(${target} ${ARGN} SOURCE_SUBDIR headers-only)
    FetchContent_MakeAvailable(${target})
    set(${path} ${${target}_SOURCE_DIR}/${folder} CACHE PATH "Headers of ${target}" FORCE)
  endif()
  add_library(pagevec_${target} INTERFACE)
  target_include_directories(pagevec_${target} SYSTEM INTERFACE ${${path}})
endfunction()

pagevec_headers(json nlohmann/json.hpp include
  URL https://github.com/nlohmann/json/releases/download/v3.11.2/json.tar.xz
  URL_HASH SHA256=8c4b26bf4b422252e13f332bc5e388ec0ab5c3443d24399acb675e68278d341f)
pagevec_headers(hnswlib hnswlib/hnswlib.h .
  URL https://github.com/nmslib/hnswlib/archive/refs/tags/v0.8.0.tar.gz)

# GTest::gtest_main for the tests: the system's library, or built from source, which the wasm tests
# always need (Debian keeps the source in /usr/src/googletest).
macro(pagevec_googletest)
  if(NOT EMSCRIPTEN)
    find_package(GTest QUIET)
  endif()
  if(NOT TARGET GTest::gtest_main)
    set(INSTALL_GTEST OFF)
    set(BUILD_GMOCK OFF)
    set(gtest_disable_pthreads ON)
    if(EXISTS /usr/src/googletest/CMakeLists.txt AND NOT FETCHCONTENT_SOURCE_DIR_GOOGLETEST)
      set(FETCHCONTENT_SOURCE_DIR_GOOGLETEST /usr/src/googletest)
    endif()
    FetchContent_Declare(googletest
      URL https://github.com/google/googletest/archive/refs/tags/v1.14.0.tar.gz
      URL_HASH SHA256=8ad598c73ad796e0d8280b082cebd82a630d73e73cd3c70057938a6501bba5d7)
    FetchContent_MakeAvailable(googletest)
    set_target_properties(gtest gtest_main PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
endmacro()

# pagevec_sentencepiece_library(target [compile options...]): what tokenizing takes of the
# sentencepiece library, its Unigram and BPE models and its normalizer. Not its own CMake project,
# which builds training too; and without protobuf (src/sentencepiece/stand_in says why).
function(pagevec_sentencepiece_library target)
  if(EXISTS "$ENV{PAGEVEC_SENTENCEPIECE}/src" AND NOT FETCHCONTENT_SOURCE_DIR_SENTENCEPIECE)
    set(FETCHCONTENT_SOURCE_DIR_SENTENCEPIECE $ENV{PAGEVEC_SENTENCEPIECE})
  endif()
  # No such SOURCE_SUBDIR: only the sources are wanted.
  FetchContent_Declare(sentencepiece SOURCE_SUBDIR sources-only
    URL https://github.com/google/sentencepiece/archive/refs/tags/v0.2.1.tar.gz
    URL_HASH SHA256=c1a59e9259c9653ad0ade653dadff074cd31f0a6ff2a11316f67bee4189a8f1b)
  FetchContent_MakeAvailable(sentencepiece)
  set(root ${sentencepiece_SOURCE_DIR})
  add_library(${target} STATIC
    ${root}/src/bpe_model.cc
    ${root}/src/error.cc
    ${root}/src/model_interface.cc
    ${root}/src/normalizer.cc
    ${root}/src/unigram_model.cc
    ${root}/src/util.cc
    ${root}/third_party/absl/flags/flag.cc)
  # config.h, which its own project writes.
  set(PROJECT_NAME sentencepiece)
  set(PROJECT_VERSION 0.2.1)
  configure_file(${root}/config.h.in ${CMAKE_CURRENT_BINARY_DIR}/sentencepiece/config.h)
  target_include_directories(${target} SYSTEM PUBLIC
    ${PROJECT_SOURCE_DIR}/src/sentencepiece/stand_in
    ${CMAKE_CURRENT_BINARY_DIR}/sentencepiece ${root} ${root}/src)
  target_compile_definitions(${target} PUBLIC
    _USE_EXTERNAL_PROTOBUF _USE_INTERNAL_STRING_VIEW HAVE_PTHREAD=1)
  target_compile_options(${target} PRIVATE -w ${ARGN})
  set_target_properties(${target} PROPERTIES COMPILE_WARNING_AS_ERROR OFF)
endfunction()
