// The structs of runtime/src/program.h as tables of fields, from which their
// LLVM types and constants are built. The tables are checked against the C
// structs when this compiles.
#pragma once

#include "runtime/src/program.h"

#include <cstddef>

namespace xf::program {

enum class Field { I32, I64, Pointer, FourI32 };

constexpr size_t sizeOf(Field field) {
  return field == Field::I32 ? 4 : field == Field::FourI32 ? 16 : 8;
}
constexpr size_t alignOf(Field field) {
  return field == Field::I32 || field == Field::FourI32 ? 4 : 8;
}

struct FieldLayout {
  Field field;
  size_t offset;
};

/// True if LLVM lays out these fields, naturally aligned, where C has them, and
/// ends where C ends.
template <size_t N>
constexpr bool matches(const FieldLayout (&fields)[N], size_t size) {
  size_t end = 0;
  for (const FieldLayout &f : fields) {
    if (end % alignOf(f.field) != 0 ||
        end != f.offset) // a hole would be a field that the table forgot
      return false;
    end += sizeOf(f.field);
  }
  return end == size;
}

#define XF_FIELD(kind, type, name) {Field::kind, offsetof(type, name)}

constexpr FieldLayout argFields[] = {
    XF_FIELD(I32, xf_arg, kind),       XF_FIELD(I32, xf_arg, elem),
    XF_FIELD(I32, xf_arg, dims),       XF_FIELD(I32, xf_arg, space),
    XF_FIELD(FourI32, xf_arg, extent), XF_FIELD(I64, xf_arg, offset),
    XF_FIELD(I32, xf_arg, is_output),  XF_FIELD(I32, xf_arg, reserved),
};
static_assert(matches(argFields, sizeof(xf_arg)) && sizeof(xf_arg) == 48);

constexpr FieldLayout variantFields[] = {
    XF_FIELD(I32, xf_variant, max_rows),
    XF_FIELD(I32, xf_variant, kernel),
    XF_FIELD(I32, xf_variant, grain_rows),
    XF_FIELD(I32, xf_variant, grain_cols),
};
static_assert(matches(variantFields, sizeof(xf_variant)) &&
              sizeof(xf_variant) == 16);

constexpr FieldLayout launchFields[] = {
    XF_FIELD(I32, xf_launch, kind),
    XF_FIELD(I32, xf_launch, num_args),
    XF_FIELD(I32, xf_launch, output_width),
    XF_FIELD(I32, xf_launch, op_index),
    XF_FIELD(I64, xf_launch, output_offset),
    XF_FIELD(Pointer, xf_launch, variants),
    XF_FIELD(FourI32, xf_launch, first_variant),
    XF_FIELD(Pointer, xf_launch, args),
    XF_FIELD(I32, xf_launch, space),
    XF_FIELD(I32, xf_launch, length_space),
};
static_assert(matches(launchFields, sizeof(xf_launch)) &&
              sizeof(xf_launch) == 64);

constexpr FieldLayout targetFields[] = {
    XF_FIELD(Pointer, xf_target, name),
    XF_FIELD(Pointer, xf_target, kernels),
    XF_FIELD(I32, xf_target, features),
    XF_FIELD(I32, xf_target, num_kernels),
};
static_assert(matches(targetFields, sizeof(xf_target)) &&
              sizeof(xf_target) == 24);

/// fill_value is a float: the cell holds its bits.
constexpr FieldLayout inputFields[] = {
    XF_FIELD(Pointer, xf_input, name),   XF_FIELD(I32, xf_input, kind),
    XF_FIELD(I32, xf_input, space),      XF_FIELD(I32, xf_input, width),
    XF_FIELD(I32, xf_input, scatter),    XF_FIELD(I32, xf_input, fill),
    XF_FIELD(I32, xf_input, fill_value), XF_FIELD(I32, xf_input, limit),
    XF_FIELD(I32, xf_input, reserved),   XF_FIELD(I64, xf_input, offset),
};
static_assert(matches(inputFields, sizeof(xf_input)) && sizeof(xf_input) == 48);

constexpr FieldLayout entryFields[] = {
    XF_FIELD(Pointer, xf_entry, name),
    XF_FIELD(Pointer, xf_entry, run),
    XF_FIELD(Pointer, xf_entry, inputs),
    XF_FIELD(I64, xf_entry, arena_width),
    XF_FIELD(I64, xf_entry, pairs_width),
    XF_FIELD(I64, xf_entry, result_offset),
    XF_FIELD(I32, xf_entry, result_width),
    XF_FIELD(I32, xf_entry, result_space),
    XF_FIELD(I32, xf_entry, num_inputs),
    XF_FIELD(I32, xf_entry, takes_ids),
    XF_FIELD(I32, xf_entry, lead),
    XF_FIELD(I32, xf_entry, tail),
    XF_FIELD(I32, xf_entry, skip_lead),
    XF_FIELD(I32, xf_entry, skip_tail),
    XF_FIELD(I32, xf_entry, num_tokens),
    XF_FIELD(I32, xf_entry, max_seq_len),
    XF_FIELD(I32, xf_entry, image_channels),
    XF_FIELD(I32, xf_entry, image_size),
    XF_FIELD(I32, xf_entry, image_patch),
    XF_FIELD(I32, xf_entry, chunk_tokens),
    XF_FIELD(I32, xf_entry, chunk_memory),
    XF_FIELD(I32, xf_entry, extra_keys),
};
static_assert(matches(entryFields, sizeof(xf_entry)) &&
              sizeof(xf_entry) == 112);

constexpr FieldLayout programFields[] = {
    XF_FIELD(I64, xf_program, magic),
    XF_FIELD(I32, xf_program, version),
    XF_FIELD(I32, xf_program, num_targets),
    XF_FIELD(I32, xf_program, num_entries),
    XF_FIELD(I32, xf_program, reserved),
    XF_FIELD(Pointer, xf_program, name),
    XF_FIELD(Pointer, xf_program, describe_json),
    XF_FIELD(Pointer, xf_program, targets),
    XF_FIELD(Pointer, xf_program, entries),
    XF_FIELD(Pointer, xf_program, weights),
    XF_FIELD(Pointer, xf_program, weights_file),
    XF_FIELD(I64, xf_program, weights_bytes),
    XF_FIELD(I64, xf_program, weights_hash),
    XF_FIELD(Pointer, xf_program, op_names),
    XF_FIELD(I32, xf_program, num_ops),
    XF_FIELD(I32, xf_program, max_seq_len),
    XF_FIELD(I32, xf_program, num_tokens),
    XF_FIELD(I32, xf_program, num_token_types),
};
static_assert(matches(programFields, sizeof(xf_program)) &&
              sizeof(xf_program) == 112);

#undef XF_FIELD

} // namespace xf::program
