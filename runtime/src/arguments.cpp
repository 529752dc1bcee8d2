// See arguments.h.
#include "runtime/src/arguments.h"

namespace xf::rt {

void setBuffer(Buffer &buffer, const void *host, uint32_t elem, uint32_t dims) {
  buffer.header = halide_buffer_t();
  buffer.header.host = static_cast<uint8_t *>(const_cast<void *>(host));
  buffer.header.type = elem == XF_ELEM_I32
                           ? halide_type_t(halide_type_int, 32)
                           : halide_type_t(halide_type_float, 32);
  buffer.header.dimensions = int32_t(dims);
  buffer.header.dim = buffer.dims;
}

/// A weight: dense, as packed. False if it leaves the section.
static bool setWeight(Buffer &buffer, const xf_arg &arg,
                      const Weights &weights) {
  if (arg.dims < 1 || arg.dims > 4 || arg.offset > weights.size())
    return false;
  setBuffer(buffer, weights.data() + arg.offset, arg.elem, arg.dims);
  uint64_t count = 1;
  for (uint32_t dim = 0; dim < arg.dims; ++dim) {
    if (arg.extent[dim] < 1 || count > uint64_t(INT32_MAX))
      return false;
    setDimension(buffer, int(dim), arg.extent[dim], int32_t(count));
    count *= uint64_t(arg.extent[dim]);
  }
  return count * 4 <= weights.size() - arg.offset;
}

/// [keys, heads, rows] of the second arena; false if it leaves it.
static bool setPairs(Buffer &buffer, const xf_arg &arg,
                     const xf_session &session) {
  const int32_t heads = arg.extent[1], keys = int32_t(session.keyCapacity);
  if (heads < 1 || arg.offset > session.pairsWidth ||
      uint64_t(heads) > session.pairsWidth - arg.offset)
    return false;
  setBuffer(buffer,
            session.pairs +
                arg.offset * session.rowCapacity * session.keyCapacity,
            XF_ELEM_F32, 3);
  setDimension(buffer, 0, keys, 1);
  setDimension(buffer, 1, heads, keys);
  setDimension(buffer, 2, int32_t(session.rowCapacity), keys * heads);
  return true;
}

/// Fills the tables that tell of each row of `space` its place in its sequence,
/// that one's rows and its number.
static void makeRowTables(const xf_exec &exec, uint32_t space) {
  int32_t *const *tables = exec.session->rowTables[space];
  int32_t *place = tables[0], *length = tables[1], *number = tables[2];
  int32_t row = 0;
  for (int32_t sequence = 0; sequence < exec.sequences; ++sequence) {
    const int32_t rows = sequenceRows(exec, space, sequence);
    for (int32_t index = 0; index < rows; ++index, ++row) {
      place[row] = index;
      length[row] = rows;
      number[row] = sequence;
    }
  }
  // Rows past the last, which kernels may compute: each a sequence for itself,
  // so that nothing is read from far away.
  for (const int32_t end = int32_t(paddedRows(uint32_t(row))); row < end;
       ++row) {
    place[row] = number[row] = 0;
    length[row] = 1;
  }
}

const char *describeArgument(xf_exec &exec, const xf_launch &launch,
                             const xf_arg &arg, Buffer &buffer) {
  const xf_session &session = *exec.session;
  const int32_t rows = int32_t(session.rowCapacity);
  if (arg.space >= XF_NUM_SPACES)
    return "an argument's space is out of range";
  if (arg.is_output && arg.kind != XF_ARG_PAIRS)
    return "an input is marked as output";
  switch (arg.kind) {
  case XF_ARG_WEIGHT:
    return setWeight(buffer, arg, session.model->weights)
               ? nullptr
               : "a weight lies outside the weight section";
  case XF_ARG_ARENA:
    if (arg.extent[0] < 1 || arg.offset > session.arenaWidth ||
        uint64_t(arg.extent[0]) > session.arenaWidth - arg.offset)
      return "an input lies outside the arena";
    setBuffer(buffer, arenaAddress(session, arg.offset), arg.elem, 2);
    setDimension(buffer, 0, arg.extent[0], 1);
    setDimension(buffer, 1, rows, arg.extent[0]);
    return nullptr;
  case XF_ARG_INDEX:
    if (arg.offset >= session.numIndices)
      return "an index buffer is out of range";
    setBuffer(buffer, session.indices[arg.offset], XF_ELEM_I32, 1);
    setDimension(buffer, 0, rows, 1);
    return nullptr;
  case XF_ARG_ROW_INDEX:
  case XF_ARG_ROW_LENGTH:
  case XF_ARG_ROW_SEQUENCE:
    if (!session.rowTables[arg.space][0])
      return "its rows are sequences, but an argument asks for their place";
    if (!exec.hasTables[arg.space]) {
      makeRowTables(exec, arg.space);
      exec.hasTables[arg.space] = true;
    }
    setBuffer(buffer, session.rowTables[arg.space][arg.kind - XF_ARG_ROW_INDEX],
              XF_ELEM_I32, 1);
    setDimension(buffer, 0, rows, 1);
    return nullptr;
  case XF_ARG_SEQ_BEGIN:
  case XF_ARG_SEQ_LENGTH:
  case XF_ARG_SEQUENCE:
    return launch.kind == XF_LAUNCH_ROWS
               ? "it has no sequences, but an argument asks for one"
               : nullptr;
  case XF_ARG_PAIRS:
    return setPairs(buffer, arg, session)
               ? nullptr
               : "an argument lies outside the arena of pairs";
  }
  return "an argument is of unknown kind";
}

} // namespace xf::rt
