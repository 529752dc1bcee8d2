// Policies: how masked positions are filled in and how text is continued. Included by Knobs.td.

// Filling masked positions: `refine NAME { ... }`, x-transformers' NonAutoregressiveWrapper.
defset list<Knob> RefineKnobs = {
let owner = Refine in {
def : Any<"net", "none", "the model">, Refused<"the model is the one named after `refine`">;
def : Int<"mask_id", "required", "id of the mask token, below `num_tokens`">, AtLeast<"0">;
def : Int<"steps", "18", "forward passes">, Range<"1", "65536">;
def : Any<"schedule", "linear", "part still masked at time t in [0, 1]: linear, cosine, pow(p), log, or an expression of t">;
def : Float<"temperature", "1.0", "temperature of the choice of tokens; falls linearly over the steps">, AtLeast<"0">, Own;
def : Any<"accept", "confidence", "which tokens stay: confidence, threshold(p), entropy(b), margin, random, critic">, Own;
def : Bool<"edit", "false", "accepted tokens may be masked again">, Own;
def : Int<"block", "0", "so many positions at a time, from left to right; 0: all at once">, AtLeast<"0">, Own;
def : Bool<"can_mask_prev_unmasked", "false", "x-transformers' word for `edit`">;
def : Bool<"self_cond", "false", "the last step's embeddings are added to the input">;
def : Any<"token_critic", "none", "a model that scores filled tokens">;
def : Bool<"self_token_critic", "false", "a head on the model itself scores filled tokens">;
def : Float<"start_temperature", "1.0", "x-transformers' word for `temperature`">, AtLeast<"0">;
def : Float<"filter_thres", "0.7", "part of the vocabulary that is left out of each choice">, Range<"0", "1">;
def : Float<"noise_level_scale", "1.0", "noise on the critic's scores">, AtLeast<"0">;
def : Int<"batch_size", "none", "rows at a time">, Refused<"an argument of the call: batches are as large as the call's">;
def : Float<"self_cond_train_prob", "0.75", "how often `self_cond` is trained">, Training<"training loop">;
def : Float<"no_replace_prob", "0.15", "masked tokens that are kept">, Training<"training loop">;
def : Float<"random_token_prob", "0.1", "masked tokens that become random ones">, Training<"training loop">;
def : Float<"critic_loss_weight", "1.0", "weight of the critic's loss">, Training<"loss">;
def : Bool<"use_simple_mdlm_loss_weight", "true", "weights of the loss over time">, Training<"loss">;
} // owner
} // RefineKnobs

// One token after the other: `generate NAME { ... }`, x-transformers' AutoregressiveWrapper and its generate.
defset list<Knob> GenerateKnobs = {
let owner = Generate in {
def : Any<"prompts", "none", "the prompts">, Refused<"an argument of the call">;
def : Int<"seq_len", "none", "tokens to generate">, Refused<"an argument of the call; `max_new_tokens` sets its default">;
def : Any<"prompt_lens", "none", "lengths of the prompts">, Refused<"rows of a call have their own lengths">;
def : Float<"temperature", "1.0", "the logits are divided by it after filtering; 0: the largest">, AtLeast<"0">;
def : Int<"eos_token", "none", "id that ends a sequence">, AtLeast<"0">;
def : Int<"pad_value", "0", "filler after the end of a sequence">, AtLeast<"0">;
def : Enum<"filter_logits_fn", "top_k", ["top_k", "top_p", "min_p", "top_a"], "which logits take part in the choice">;
def : Any<"filter_kwargs", "none", "arguments of `filter_logits_fn`">;
def : Bool<"restrict_to_max_seq_len", "true", "the model sees the last `max_seq_len` tokens">;
def : Bool<"cache_kv", "true", "keeps keys and values of earlier tokens">;
def : Any<"amateur_model", "none", "a smaller model whose logits are subtracted">;
def : Any<"contrastive_decode_kwargs", "none", "arguments of that subtraction">;
def : Bool<"return_intermediates", "false", "also returns the cache">, Training<"diagnostics">;
def : Int<"beams", "4", "beam search: sequences kept">, AtLeast<"1">;
def : Bool<"return_beams_and_scores", "false", "beam search: returns all sequences kept">;
def : Bool<"stochastic", "false", "beam search with noise">;
def : Int<"max_new_tokens", "none", "most tokens to generate">, AtLeast<"0">, Own;
def : Int<"top_k", "0", "so many of the largest logits take part; 0: all">, AtLeast<"0">, Own;
def : Float<"top_p", "1.0", "the most probable tokens up to this sum take part">, Range<"0", "1">, Own;
def : Float<"min_p", "0.0", "tokens below this part of the largest probability are left out">, Range<"0", "1">, Own;
def : Int<"seed", "0", "seed of the noise">, AtLeast<"0">, Own;
def : IntList<"stop", "none", "ids that end a sequence">, Own;
def : Int<"ignore_index", "-100", "target that counts for no loss">, Training<"loss">;
def : Float<"mask_prob", "0.0", "inputs masked in training">, Range<"0", "1">, Training<"training loop">;
def : Bool<"add_attn_z_loss", "false", "adds a loss on the logits' size">, Training<"loss">;
def : Float<"next_embed_loss_weight", "0.1", "weight of the next embedding's loss">, Training<"loss">;
def : Float<"looped_loss_threshold_exit", "0.05", "loss of `looped` models">, Training<"loss">;
def : Float<"looped_loss_slope", "50", "loss of `looped` models">, Training<"loss">;
def : Float<"looped_exit_loss_weight", "1.0", "loss of `looped` models">, Training<"loss">;
} // owner
} // GenerateKnobs

// A sweep's settings are the model's own knobs with a list of values each: it has no knob of its own.
