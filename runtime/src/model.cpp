// See model.h. The program comes from the same link as this code, but both are
// checked against each other: a mismatch must end in a message, not in a jump
// through a wrong table.
#include "runtime/src/model.h"

#include "runtime/src/cpu.h"
#include "runtime/src/entry.h"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

xf_model::~xf_model() { free(description); }

namespace xf::rt {

xf_status readStruct(void *known, size_t knownSize, const void *given,
                     size_t least, const char *name) {
  size_t size;
  memcpy(&size, given, sizeof(size));
  const size_t most =
      4096; // no version comes near it: larger means that nobody set it
  if (size < least || size > most)
    return fail(
        XF_INVALID_ARGUMENT,
        "`%s.struct_size` is %zu, it is at least %zu; set it up with `%s_init`",
        name, size, least, name);
  memset(known, 0, knownSize);
  memcpy(known, given, size < knownSize ? size : knownSize);
  return XF_OK;
}

static xf_status checkTargets(const xf_program &program) {
  if (program.num_targets == 0 || program.num_targets > XF_MAX_TARGETS ||
      !program.targets)
    return fail(
        XF_INTERNAL,
        "the program of `%s` has %u kernel tables, there must be 1 to %d",
        program.name, program.num_targets, XF_MAX_TARGETS);
  for (uint32_t target = 0; target < program.num_targets; ++target) {
    const xf_target &table = program.targets[target];
    if (!table.name || (!table.kernels && table.num_kernels > 0))
      return fail(XF_INTERNAL, "kernel table %u of `%s` is empty", target,
                  program.name);
    for (uint32_t kernel = 0; kernel < table.num_kernels; ++kernel)
      if (!table.kernels[kernel])
        return fail(XF_INTERNAL, "kernel %u of `%s` is missing for `%s`",
                    kernel, program.name, table.name);
  }
  return XF_OK;
}

static xf_status checkProgram(const xf_program &program) {
  if (program.magic != XF_PROGRAM_MAGIC ||
      program.version != XF_PROGRAM_VERSION)
    return fail(XF_INTERNAL,
                "the program has magic %016" PRIx64
                " and version %u, this runtime runs %016" PRIx64 " %u",
                program.magic, program.version, uint64_t(XF_PROGRAM_MAGIC),
                XF_PROGRAM_VERSION);
  if (!program.name || !program.describe_json)
    return fail(XF_INTERNAL, "the program has no name or no description");
  if (program.num_tokens > INT32_MAX || program.num_token_types > INT32_MAX ||
      program.max_seq_len > INT32_MAX)
    return fail(XF_INTERNAL,
                "the program of `%s` has sizes out of range: %u tokens, %u "
                "token types, rows up to %u",
                program.name, program.num_tokens, program.num_token_types,
                program.max_seq_len);
  if (!program.weights && program.weights_bytes > 0 &&
      (!program.weights_file || !program.weights_file[0] ||
       strchr(program.weights_file, '/')))
    return fail(XF_INTERNAL,
                "the program of `%s` names no file for its weights",
                program.name);
  XF_RETURN_IF_ERROR(checkTargets(program));
  return checkEntries(program);
}

/// The last table whose features this CPU has, or the one of that name.
static xf_status chooseTarget(const xf_program &program, const char *wanted,
                              uint32_t &chosen) {
  const uint32_t features = cpuFeatures();
  char has[64], needs[64];
  describeFeatures(features, has, sizeof(has));
  bool found = false;
  char names[256] = "";
  for (uint32_t index = 0; index < program.num_targets; ++index) {
    const xf_target &target = program.targets[index];
    const size_t used = strlen(names);
    snprintf(names + used, sizeof(names) - used, "%s`%s`", index ? ", " : "",
             target.name);
    const bool runs = (target.features & features) == target.features;
    if (wanted && strcmp(target.name, wanted) == 0) {
      chosen = index;
      describeFeatures(target.features, needs, sizeof(needs));
      if (runs)
        return XF_OK;
      return fail(XF_UNSUPPORTED_CPU,
                  "the kernels of `%s` need %s; this machine has %s", wanted,
                  needs, has);
    }
    if (runs && !wanted) {
      chosen = index;
      found = true;
    }
  }
  if (found)
    return XF_OK;
  if (wanted)
    return fail(XF_INVALID_ARGUMENT,
                "`%s` has no kernels for target `%s`; it has %s", program.name,
                wanted, names);
  describeFeatures(program.targets[0].features, needs, sizeof(needs));
  return fail(XF_UNSUPPORTED_CPU,
              "`%s` needs at least a CPU with %s; this machine has %s",
              program.name, needs, has);
}

/// The compiler's JSON object with one member more: what was decided when the
/// model was opened.
static xf_status makeDescription(xf_model &model) {
  const char *text = model.program->describe_json;
  const char *end = strrchr(text, '}');
  const size_t body = end ? size_t(end - text) : strlen(text);
  const char *comma =
      end && strchr(text, ':') ? ", " : ""; // an empty object takes none
  const size_t entries = describeEntries(*model.program, nullptr, 0) + 1;
  const size_t size =
      strlen(text) + strlen(model.kernels().name) + 128 + entries;
  model.description = static_cast<char *>(malloc(size));
  if (!model.description)
    return fail(XF_OUT_OF_MEMORY, "no memory for the description of `%s`",
                model.program->name);
  if (!end) {
    snprintf(model.description, size, "%s", text);
    return XF_OK;
  }
  const int used = snprintf(
      model.description, size,
      "%.*s%s\"runtime\": {\"abi\": \"%u.%u\", \"target\": \"%s\", "
      "\"threads\": %u, \"weights\": \"%s\", \"entries\": ",
      int(body), text, comma, XF_ABI_MAJOR, XF_ABI_MINOR, model.kernels().name,
      model.threads, model.program->weights ? "embedded" : "mapped");
  char *const next = model.description + used;
  memcpy(next + describeEntries(*model.program, next, entries), "}}", 3);
  return XF_OK;
}

static xf_status setUp(xf_model &model, const xf_program &program,
                       const xf_model_options &options) {
  model.program = &program;
  XF_RETURN_IF_ERROR(chooseTarget(program, options.target, model.target));
  if (options.threads > ThreadPool::maxThreads)
    return fail(
        XF_INVALID_ARGUMENT,
        "`threads` is %u, at most %u work together; 0 means one for each CPU",
        options.threads, ThreadPool::maxThreads);
  const uint32_t cpus = model.pool.cpuCount();
  model.threads = options.threads                 ? options.threads
                  : cpus < ThreadPool::maxThreads ? cpus
                                                  : ThreadPool::maxThreads;
  model.encode = findEntry(program, "encode");
  model.states = findEntry(program, "states");
  XF_RETURN_IF_ERROR(model.weights.open(program, options.weights,
                                        options.verify_weights != 0));
  return makeDescription(model);
}

xf_status openModel(const xf_program &program, const xf_model_options *given,
                    xf_model **model) {
  if (!model)
    return fail(XF_INVALID_ARGUMENT,
                "`model` is null: it takes the model's address");
  *model = nullptr;
  xf_model_options options;
  xf_model_options_init(&options);
  if (given)
    XF_RETURN_IF_ERROR(readStruct(&options, sizeof(options), given,
                                  sizeof(options), "xf_model_options"));
  if (options.verify_weights > 1)
    return fail(XF_INVALID_ARGUMENT, "`verify_weights` is %u, it is 0 or 1",
                options.verify_weights);
  XF_RETURN_IF_ERROR(checkProgram(program));
  void *memory = aligned_alloc(64, roundUp(sizeof(xf_model), 64));
  if (!memory)
    return fail(XF_OUT_OF_MEMORY, "no memory for the model");
  xf_model *opened = new (memory) xf_model;
  if (xf_status status = setUp(*opened, program, options); status != XF_OK) {
    opened->~xf_model();
    free(opened);
    return status;
  }
  *model = opened;
  return XF_OK;
}

xf_status closeModel(xf_model *model) {
  if (!model)
    return XF_OK;
  if (uint32_t sessions = model->sessions.load())
    return fail(XF_BUSY, "`%s` still has %u session%s: destroy %s first",
                model->program->name, sessions, sessions == 1 ? "" : "s",
                sessions == 1 ? "it" : "them");
  model->~xf_model();
  free(model);
  return XF_OK;
}

xf_status describeModel(const xf_model *model, const char **json) {
  if (!json)
    return fail(XF_INVALID_ARGUMENT,
                "`json` is null: it takes the text's address");
  *json = nullptr;
  if (!model)
    return fail(XF_INVALID_ARGUMENT, "`model` is null");
  *json = model->description;
  return XF_OK;
}

xf_status modelInfo(const xf_model *model, xf_model_info *info) {
  if (!info)
    return fail(XF_INVALID_ARGUMENT, "`info` is null");
  xf_model_info known;
  XF_RETURN_IF_ERROR(readStruct(&known, sizeof(known), info,
                                offsetof(xf_model_info, num_entries),
                                "xf_model_info"));
  const size_t size = info->struct_size;
  xf_model_info_init(&known);
  known.struct_size = size;
  if (model) {
    known.name = model->program->name;
    known.target = model->kernels().name;
    known.encode_width = model->encode ? model->encode->result_width : 0;
    known.states_width = model->states ? model->states->result_width : 0;
    known.num_tokens = model->program->num_tokens;
    known.num_token_types = model->program->num_token_types;
    known.max_seq_len = model->program->max_seq_len;
    known.threads = model->threads;
    known.num_entries = model->program->num_entries;
  }
  // A newer caller's further fields stay as its own xf_model_info_init left
  // them.
  memcpy(info, &known, size < sizeof(known) ? size : sizeof(known));
  return model ? XF_OK : fail(XF_INVALID_ARGUMENT, "`model` is null");
}

} // namespace xf::rt
