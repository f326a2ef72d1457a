# SPDX-License-Identifier: BSD-3-Clause
# Copyright 2026, the rpmem authors
#
# Flags and the helpers that keep each CMakeLists.txt a file list.

add_library(rpmem_flags INTERFACE)
target_compile_definitions(rpmem_flags INTERFACE
	_GNU_SOURCE RPMEM_VERSION="${PROJECT_VERSION}")
target_include_directories(rpmem_flags INTERFACE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(rpmem_flags INTERFACE
	-Wall -Wextra -Wshadow -Wconversion -Wsign-conversion
	-Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith
	-Wwrite-strings -Wvla -Wundef -Wformat=2 -Wswitch-enum
	-Wnull-dereference -fno-common)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT RPMEM_SANITIZE)
	target_compile_options(rpmem_flags INTERFACE -Wcast-align=strict)
endif()
if(RPMEM_WERROR)
	target_compile_options(rpmem_flags INTERFACE -Werror)
endif()
if(RPMEM_THREAD_SAFETY)
	target_compile_options(rpmem_flags INTERFACE -Werror=thread-safety)
endif()
if(RPMEM_FAULT_INJECTION)
	target_compile_definitions(rpmem_flags INTERFACE RPMEM_FAULTS_BUILT=1)
endif()
if(RPMEM_SANITIZE)
	target_compile_options(rpmem_flags INTERFACE
		-fsanitize=${RPMEM_SANITIZE} -fno-omit-frame-pointer
		# the instrumentation itself makes null pointers up
		-Wno-null-dereference
		$<$<C_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
	string(REPLACE "fuzzer-no-link" "" link_sanitize "${RPMEM_SANITIZE}")
	string(REGEX REPLACE ",+$" "" link_sanitize "${link_sanitize}")
	target_link_options(rpmem_flags INTERFACE -fsanitize=${link_sanitize})
endif()
if(RPMEM_COVERAGE)
	target_compile_options(rpmem_flags INTERFACE --coverage -O0)
	target_link_options(rpmem_flags INTERFACE --coverage)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo" AND NOT RPMEM_SANITIZE)
	target_compile_options(rpmem_flags INTERFACE -U_FORTIFY_SOURCE
		-D_FORTIFY_SOURCE=3 -fstack-protector-strong
		-fstack-clash-protection)
	target_link_options(rpmem_flags INTERFACE -Wl,-z,relro,-z,now)
endif()

# rp_module(name SOURCES a.c b.c DEPS rp_base PkgConfig::X) -- a static
# library rp_<name> of one directory below src/
function(rp_module name)
	cmake_parse_arguments(M "" "" "SOURCES;DEPS" ${ARGN})
	add_library(rp_${name} STATIC ${M_SOURCES})
	target_link_libraries(rp_${name} PUBLIC ${M_DEPS} PRIVATE rpmem_flags)
endfunction()

# rp_unit(file DEPS rp_x [WRAP fn ...]) -- test_<file>.c as a cmocka program
# and a ctest entry unit/<directory>/<file>
function(rp_unit file)
	cmake_parse_arguments(U "" "" "DEPS;WRAP" ${ARGN})
	get_filename_component(module ${CMAKE_CURRENT_SOURCE_DIR} NAME)
	set(target unit_${module}_${file})
	add_executable(${target} test_${file}.c)
	target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
	target_link_libraries(${target} PRIVATE ${U_DEPS} rpmem_flags
		PkgConfig::CMOCKA)
	foreach(fn ${U_WRAP})
		target_link_options(${target} PRIVATE -Wl,--wrap=${fn})
	endforeach()
	add_test(NAME unit/${module}/${file} COMMAND ${target})
	set_tests_properties(unit/${module}/${file} PROPERTIES
		LABELS unit TIMEOUT 120
		ENVIRONMENT "RPMEM_SOURCE_DIR=${PROJECT_SOURCE_DIR};RPMEM_STATE_DIR=${CMAKE_CURRENT_BINARY_DIR}/state_${file}")
endfunction()

# rp_functional(name [TIMEOUT s]) -- name.sh as <directory>/name, exit 77 = skip
function(rp_functional name)
	cmake_parse_arguments(F "" "TIMEOUT" "" ${ARGN})
	if(NOT F_TIMEOUT)
		set(F_TIMEOUT 300)
	endif()
	get_filename_component(dir ${CMAKE_CURRENT_SOURCE_DIR} NAME)
	add_test(NAME ${dir}/${name}
		COMMAND bash ${CMAKE_CURRENT_SOURCE_DIR}/${name}.sh)
	set_tests_properties(${dir}/${name} PROPERTIES
		LABELS functional TIMEOUT ${F_TIMEOUT} SKIP_RETURN_CODE 77
		ENVIRONMENT "RPMEM_BUILD_DIR=${PROJECT_BINARY_DIR};RPMEM_SANITIZE=${RPMEM_SANITIZE};RPMEM_FAULT_POINTS=${RPMEM_FAULT_INJECTION};TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tests/suppressions/tsan.supp history_size=4;RPMEM_SOURCE_DIR=${PROJECT_SOURCE_DIR}")
endfunction()

# rp_fuzz(name DEPS rp_x CORPUS dir ...) -- fuzz_<name>.c as a libFuzzer
# program (RPMEM_FUZZ) and, in every build, as a plain replay of its corpus
function(rp_fuzz name)
	cmake_parse_arguments(F "" "" "DEPS;CORPUS" ${ARGN})
	add_executable(replay_${name} fuzz_${name}.c replay.c)
	target_link_libraries(replay_${name} PRIVATE ${F_DEPS} rpmem_flags)
	add_test(NAME fuzz/replay_${name} COMMAND replay_${name} ${F_CORPUS})
	set_tests_properties(fuzz/replay_${name} PROPERTIES
		LABELS fuzz TIMEOUT 120)
	if(RPMEM_FUZZ)
		add_executable(fuzz_${name} fuzz_${name}.c)
		target_link_libraries(fuzz_${name} PRIVATE ${F_DEPS} rpmem_flags)
		target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
		add_test(NAME fuzz/run_${name} COMMAND fuzz_${name}
			-max_total_time=30 -print_final_stats=1
			${CMAKE_CURRENT_BINARY_DIR}/found_${name} ${F_CORPUS})
		file(MAKE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/found_${name})
		set_tests_properties(fuzz/run_${name} PROPERTIES
			LABELS fuzz TIMEOUT 180)
	endif()
endfunction()
