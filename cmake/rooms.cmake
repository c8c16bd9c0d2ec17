set(PAGEVEC_WARNINGS -Wall -Wextra -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 takes libstdc++'s own vector and string for overflows once it inlines them, e.g. GCC bug
  # 105329. clang and the sanitizers watch over these.
  list(APPEND PAGEVEC_WARNINGS
    -Wno-stringop-overflow -Wno-stringop-overread -Wno-array-bounds -Wno-restrict)
endif()

# pagevec_core(target [compile options...]): one static library of every room in src/ but
# sentencepiece. A function, since wasm/ builds it once per SIMD variant; whoever links it is
# compiled with the same options.
function(pagevec_core target)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.cpp)
  list(FILTER sources EXCLUDE REGEX "/src/sentencepiece/")
  add_library(${target} STATIC ${sources})
  if(EMSCRIPTEN)
    # What runs once a call or once a load, not once a vector or a token: small rather than fast.
    set(small ${sources})
    list(FILTER small INCLUDE REGEX
      "/src/(snapshot|collection|fields|lexical|rerank|static)/|/base/(concat|row_set)|/model_|/encoder/(encoder|config|head)\\.cpp|/hnsw_graph|/hnswlib_|/graph_copies|/projection|/text/(clip_|byte_pairs|search_words|word_break)")
    list(FILTER small EXCLUDE REGEX "/range_scan")
    set_source_files_properties(${small} PROPERTIES COMPILE_OPTIONS -Os)
  endif()
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PRIVATE pagevec_json)
  # Without contraction (a b + c in one step where the machine can) a conversion gives the same bytes
  # everywhere.
  target_compile_options(${target} PRIVATE ${PAGEVEC_WARNINGS} -ffp-contract=off PUBLIC ${ARGN})
endfunction()

# pagevec_sentencepiece(target core [compile options...]): the room src/sentencepiece with the
# library that it stands on. Pages load it only with a model that needs it. Once per build tree.
function(pagevec_sentencepiece target core)
  pagevec_sentencepiece_library(${target}_library ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/sentencepiece/*.cpp)
  add_library(${target} STATIC ${sources})
  target_link_libraries(${target} PUBLIC ${core} PRIVATE ${target}_library)
  target_compile_options(${target} PRIVATE ${PAGEVEC_WARNINGS})
endfunction()
