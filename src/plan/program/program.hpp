#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/strong.hpp"
#include "fhe/params/bootstrap_params.hpp"
#include "fhe/params/index.hpp"
#include "fhe/params/param_set.hpp"
#include "fhe/params/scale.hpp"

namespace obscura::plan::program {

using fhe::params::Level;
using fhe::params::RotationStep;
using fhe::params::Scale;

/// A ciphertext of the program: the result of instruction number value().
using ValueId = base::Strong<struct ValueIdTag, int>;
/// An encrypted diagonal or bias, number in Program::weights. Numbered in the order of use.
using WeightId = base::Strong<struct WeightIdTag, int>;

/// Takes ciphertext number `index` of the request. `partial`: it is a partial sum, as a shard's Linear makes it.
struct Input {
  int index;
  bool partial = false;
  friend bool operator==(const Input&, const Input&) = default;
};

/// weight * rot_baby(operand number `input`).
struct Term {
  int input;
  RotationStep baby;
  WeightId weight;
  friend bool operator==(const Term&, const Term&) = default;
};

struct GiantStep {
  RotationStep giant;
  std::vector<Term> terms;
  friend bool operator==(const GiantStep&, const GiantStep&) = default;
};

/// Sum over giant steps g of rot_g(sum of terms); see fhe/circuits/linear_transform.hpp. With `rescale` the
/// result is one level lower, else it stays at the product of the scales.
/// `partial`, in a shard of a stage only and without `rescale`: some of the giant steps of a larger transform. The sum
/// is not divided: it stays modulo Q_l * P, times P, and only a Join reads it.
struct Linear {
  std::vector<ValueId> operands;
  std::vector<GiantStep> steps;
  bool extended = false;
  bool rescale = true;
  bool partial = false;
  friend bool operator==(const Linear&, const Linear&) = default;
};

/// Adds partial sums and divides the whole once, by P and, with `rescale`, by the prime of the level: what one Linear
/// of all their giant steps gives, bit for bit, since residues are added exactly. In the merge of a stage only.
struct Join {
  std::vector<ValueId> operands;
  bool rescale;
  friend bool operator==(const Join&, const Join&) = default;
};

struct AddBias {
  ValueId operand;
  WeightId bias;
  friend bool operator==(const AddBias&, const AddBias&) = default;
};

/// Slot-wise square, relinearised and rescaled: one level lower.
struct Square {
  ValueId operand;
  friend bool operator==(const Square&, const Square&) = default;
};

struct Rotate {
  ValueId operand;
  RotationStep step;
  friend bool operator==(const Rotate&, const Rotate&) = default;
};

struct Conjugate {
  ValueId operand;
  friend bool operator==(const Conjugate&, const Conjugate&) = default;
};

/// Every slot times i^power, power 1..3. Exact and free of noise.
struct MultiplyByI {
  ValueId operand;
  int power;
  friend bool operator==(const MultiplyByI&, const MultiplyByI&) = default;
};

/// Slot-wise sum of two values of one scale.
struct Add {
  ValueId left;
  ValueId right;
  friend bool operator==(const Add&, const Add&) = default;
};

/// Slot-wise product, relinearised and rescaled: one level below the lower factor, or lower.
struct Multiply {
  ValueId left;
  ValueId right;
  friend bool operator==(const Multiply&, const Multiply&) = default;
};

/// The same values at the scale that the instruction states, one level lower: every residue times the integer K
/// nearest to q_l * S_out / S_in at the level l of work, then rescaled. No key. The values come out multiplied by
/// K / (q_l * S_out / S_in), which is 1 to within 1 / (2 K).
struct ChangeScale {
  ValueId operand;
  friend bool operator==(const ChangeScale&, const ChangeScale&) = default;
};

/// The operand's values with levels won back, as Program::bootstrap says (fhe/boot). Their real and imaginary parts are
/// at most 2^log2_range in magnitude: what is larger comes out wrong. The result stands at the bootstrap's output level
/// and at the scale that the instruction states.
struct Bootstrap {
  ValueId operand;
  int log2_range = 0;
  Level from;  ///< the bootstrap's input level, at which the operand is read
  friend bool operator==(const Bootstrap&, const Bootstrap&) = default;
};

using Operation = std::variant<Input, Linear, Join, AddBias, Square, Rotate, Conjugate, MultiplyByI, Add, Multiply,
                               ChangeScale, Bootstrap>;

/// One instruction; its number is the id of its result. Level and scale are those of the result. The stated level
/// decides where the work is done (working_level() in operation.hpp): operands may stand at higher levels and are
/// dropped to it, which is free.
struct Instruction {
  Operation operation;
  Level level;
  Scale scale;
  int stage;  ///< number in Program::stages, for reports and traces
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// The key that the owner seals weights under. Numbers are part of the format. The error statement counts on it:
/// a plan for the public key may be sealed under the secret one, but not the other way round.
enum class SealingKey : std::uint8_t { kSecret = 0, kPublic = 1 };

/// How a weight is to be encoded and encrypted. The values themselves never stand in a program.
struct WeightInfo {
  Level level;
  Scale scale;
  bool extended;  ///< modulo Q_level * P instead of Q_level
  friend bool operator==(const WeightInfo&, const WeightInfo&) = default;
};

/// What the data owner puts where. A request holds `images` inputs that are computed together, each in slots of its
/// own: image b stands in the slots b, b + lanes(), b + 2 lanes(), ... of every ciphertext of the program, so a
/// rotation by a multiple of lanes() rotates all of them alike. element[(ciphertext * 2 + part) * (slots / lanes()) +
/// place] is the number of the input element (channel-major) that goes into the real (part 0) or imaginary (part 1)
/// half of the slots place * lanes() + b, of image b in each; kZero leaves them empty.
struct InputPacking {
  static constexpr std::int32_t kZero = -1;
  int ciphertexts = 0;
  std::vector<std::int32_t> element;
  int images = 1;  ///< at least 1
  /// Images that there is room for: the least power of two that is at least `images`.
  [[nodiscard]] int lanes() const { return static_cast<int>(std::bit_ceil(static_cast<unsigned>(images))); }
  friend bool operator==(const InputPacking&, const InputPacking&) = default;
};

/// Shape and normalisation of the input tensor: (pixel * scale - mean[c]) / std[c], channel-major.
struct InputSpec {
  int channels = 1;
  int height = 1;
  int width = 1;
  double scale = 1.0 / 255.0;
  std::vector<double> mean;  ///< per channel, or empty for 0
  std::vector<double> std;   ///< per channel, or empty for 1
  bool bgr = false;
  bool resize = false;   ///< resize other sizes (bilinear) instead of refusing them
  double minimum = 0.0;  ///< calibrated range of the normalised values
  double maximum = 1.0;
  friend bool operator==(const InputSpec&, const InputSpec&) = default;
};

/// What the key holder makes of the scores of one output after decryption. Numbers are part of the format.
enum class Finish : std::uint8_t { kNone = 0, kSoftmax = 1, kLogSoftmax = 2, kArgMax = 3 };

/// Where one score stands: in the real part of a slot of a result.
struct OutputSlot {
  std::int32_t result;  ///< number in Program::results
  /// Of the first image of a request, a multiple of InputPacking::lanes(); of image b, b further on.
  std::int32_t slot;
  friend bool operator==(const OutputSlot&, const OutputSlot&) = default;
};

/// One output tensor of the network: score j of an image stands at element[j], times `factor`.
struct Output {
  std::string name;
  std::vector<OutputSlot> element;
  double factor = 1.0;
  Finish finish = Finish::kNone;
  friend bool operator==(const Output&, const Output&) = default;
};

enum class KeyKind : std::uint8_t {
  kRelinearize = 0,
  kRotate = 1,
  kConjugate = 2,
  kRotateRelinearize = 3,
  kEncapsulate = 4,  ///< to the sparse secret of bootstraps and back: both or neither
  kDecapsulate = 5,
};

/// One switching key that the worker needs, up to the highest level of use.
struct KeyNeed {
  KeyKind kind;
  RotationStep step;  ///< 0 unless a rotation
  Level level;
  friend bool operator==(const KeyNeed&, const KeyNeed&) = default;
};

/// One layer as the report shows it. What the worker learns of the network.
struct Stage {
  std::string name;
  std::string kind;
  friend bool operator==(const Stage&, const Stage&) = default;
};

/// What the plan promises about the scores of all outputs, from the noise model over the calibration inputs.
struct ErrorStatement {
  double score_error_sd = 0;  ///< predicted sd of a score's error, in score units
  /// What a score's error exceeds with probability 2^-30 at most, by the noise model over the calibration inputs:
  /// 14.7 standard deviations of the worst score and input. Released scores are rounded to a multiple of at least this.
  double score_error_bound = 0;
  double score_maximum = 0;  ///< largest |score| seen in calibration, with head room
  friend bool operator==(const ErrorStatement&, const ErrorStatement&) = default;
};

/// What the plan predicts it costs, per request on one thread unless said.
struct CostStatement {
  double latency_ms = 0;
  std::uint64_t evaluation_key_bytes = 0;
  std::uint64_t sealed_bytes = 0;
  std::uint64_t memory_bytes = 0;
  friend bool operator==(const CostStatement&, const CostStatement&) = default;
};

/// The compiled program: everything a worker, a data owner and a key generator need, and no weight.
/// Instructions are in topological order. The worker returns the ciphertexts of `results`, in that order; labels
/// name the scores of the first output.
struct Program {
  fhe::params::ParamLiteral params;
  bool insecure = false;
  /// What a Bootstrap does; stated if and only if there is one.
  std::optional<fhe::params::BootstrapLiteral> bootstrap;
  InputSpec input_spec;
  InputPacking input_packing;
  std::vector<Stage> stages;
  std::vector<Instruction> instructions;
  SealingKey sealing_key = SealingKey::kSecret;
  std::vector<WeightInfo> weights;
  std::vector<ValueId> results;
  std::vector<Output> outputs;
  std::vector<KeyNeed> key_needs;
  ErrorStatement error;
  CostStatement cost;
  friend bool operator==(const Program&, const Program&) = default;
};

}  // namespace obscura::plan::program
