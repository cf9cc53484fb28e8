#include "plan/program/print.hpp"

#include <locale>
#include <ostream>
#include <sstream>

#include "plan/program/operation.hpp"

namespace obscura::plan::program {
namespace {

void write(std::ostream& out, ValueId value) {
  out << '%' << value.value();
}
void write(std::ostream& out, int number) {
  out << number;
}
void write(std::ostream& out, double number) {
  out << number;
}

void write(std::ostream& out, const OutputSlot& element) {
  out << element.result << ':' << element.slot;
}

template <class Item>
void write_list(std::ostream& out, const std::vector<Item>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out << ',';
    write(out, items[i]);
  }
}

const char* key_word(KeyKind kind) {
  switch (kind) {
    case KeyKind::kRelinearize:
      return "relinearize";
    case KeyKind::kRotate:
      return "rotate";
    case KeyKind::kConjugate:
      return "conjugate";
    case KeyKind::kRotateRelinearize:
      return "rotate_relinearize";
    case KeyKind::kEncapsulate:
      return "encapsulate";
    case KeyKind::kDecapsulate:
      return "decapsulate";
  }
  return "unknown";
}

void write(std::ostream& out, const KeyNeed& key) {
  out << key_word(key.kind);
  if (key.step.value() != 0) out << ' ' << key.step.value();
  out << " level " << key.level.value();
}

void write_scale(std::ostream& out, const Scale& scale) {
  out << "2^" << scale.exponent_of_two();
  for (std::size_t i = 0; i < scale.prime_exponents().size(); ++i) {
    if (scale.prime_exponents()[i] != 0) out << "*q" << i << '^' << scale.prime_exponents()[i];
  }
}

void write(std::ostream& out, const Linear& linear) {
  out << "linear(";
  write_list(out, linear.operands);
  out << ')' << (linear.extended ? " extended" : "") << (linear.rescale ? " rescale" : "")
      << (linear.partial ? " partial" : "");
  for (const GiantStep& step : linear.steps) {
    out << "\n    <<" << step.giant.value() << ": ";
    for (std::size_t i = 0; i < step.terms.size(); ++i) {
      const Term& term = step.terms[i];
      out << (i > 0 ? " + " : "") << 'w' << term.weight.value() << " * #" << term.input;
      if (term.baby.value() != 0) out << "<<" << term.baby.value();
    }
  }
}

void write(std::ostream& out, const Operation& operation) {
  const auto name = name_of(operation);
  std::visit(
      Match{[&](const Input& input) { out << name << ' ' << input.index << (input.partial ? " partial" : ""); },
            [&](const Linear& linear) { write(out, linear); },
            [&](const Join& join) {
              out << name << '(';
              write_list(out, join.operands);
              out << ')' << (join.rescale ? " rescale" : "");
            },
            [&](const AddBias& bias) {
              out << name << "(%" << bias.operand.value() << ", w" << bias.bias.value() << ')';
            },
            [&](const Square& square) { out << name << "(%" << square.operand.value() << ')'; },
            [&](const Rotate& rotate) {
              out << name << "(%" << rotate.operand.value() << ", " << rotate.step.value() << ')';
            },
            [&](const Conjugate& conjugate) { out << name << "(%" << conjugate.operand.value() << ')'; },
            [&](const MultiplyByI& multiply) {
              out << name << "(%" << multiply.operand.value() << ", " << multiply.power << ')';
            },
            [&](const Add& add) { out << name << "(%" << add.left.value() << ", %" << add.right.value() << ')'; },
            [&](const Multiply& multiply) {
              out << name << "(%" << multiply.left.value() << ", %" << multiply.right.value() << ')';
            },
            [&](const ChangeScale& change) { out << name << "(%" << change.operand.value() << ')'; },
            [&](const Bootstrap& bootstrap) {
              out << name << "(%" << bootstrap.operand.value() << ") from level " << bootstrap.from.value()
                  << " range 2^" << bootstrap.log2_range;
            }},
      operation);
}

void write(std::ostream& out, const fhe::params::BootstrapLiteral& bootstrap) {
  out << "\nbootstrap log_slots=" << bootstrap.log_slots << (bootstrap.real ? " real" : " complex")
      << " slots_to_coeffs=";
  write_list(out, bootstrap.slots_to_coeffs);
  out << " coeffs_to_slots=";
  write_list(out, bootstrap.coeffs_to_slots);
  out << " baby_steps=" << bootstrap.baby_steps << " message_ratio_bits=" << bootstrap.message_ratio_bits
      << " range=" << bootstrap.range << " cosine_degree=" << bootstrap.cosine_degree
      << " double_angles=" << bootstrap.double_angles;
}

void write_header(std::ostream& out, const Program& program) {
  out << "program log_n=" << program.params.log_n << " q=";
  write_list(out, program.params.q_bits);
  out << " p=";
  write_list(out, program.params.p_bits);
  out << " security=" << static_cast<int>(program.params.security) << (program.insecure ? " INSECURE" : "");
  if (program.bootstrap) write(out, *program.bootstrap);
  const InputSpec& spec = program.input_spec;
  out << "\ninput " << spec.channels << 'x' << spec.height << 'x' << spec.width << " scale=" << spec.scale << " mean=";
  write_list(out, spec.mean);
  out << " std=";
  write_list(out, spec.std);
  out << (spec.bgr ? " bgr" : " rgb") << (spec.resize ? " resize" : "") << " range=" << spec.minimum << ".."
      << spec.maximum << " ciphertexts=" << program.input_packing.ciphertexts;
  if (program.input_packing.images != 1) out << " images=" << program.input_packing.images;
  out << '\n';
  for (std::size_t i = 0; i < program.stages.size(); ++i) {
    out << "stage " << i << ' ' << program.stages[i].kind << " \"" << program.stages[i].name << "\"\n";
  }
}

void write_weights(std::ostream& out, const Program& program) {
  for (std::size_t i = 0; i < program.weights.size(); ++i) {
    const WeightInfo& weight = program.weights[i];
    out << 'w' << i << ": level " << weight.level.value() << " scale ";
    write_scale(out, weight.scale);
    out << (weight.extended ? " extended\n" : "\n");
  }
}

void write_instructions(std::ostream& out, const Program& program) {
  for (std::size_t i = 0; i < program.instructions.size(); ++i) {
    const Instruction& instruction = program.instructions[i];
    out << '%' << i << ": level " << instruction.level.value() << " scale ";
    write_scale(out, instruction.scale);
    out << " stage " << instruction.stage << " = ";
    write(out, instruction.operation);
    out << '\n';
  }
}

const char* finish_word(Finish finish) {
  switch (finish) {
    case Finish::kNone:
      return "none";
    case Finish::kSoftmax:
      return "softmax";
    case Finish::kLogSoftmax:
      return "log_softmax";
    case Finish::kArgMax:
      return "argmax";
  }
  return "unknown";
}

void write(std::ostream& out, const Output& output) {
  out << "output \"" << output.name << "\" factor=" << output.factor << " finish=" << finish_word(output.finish)
      << " slots=";
  write_list(out, output.element);
  out << '\n';
}

void write_footer(std::ostream& out, const Program& program) {
  out << "results ";
  write_list(out, program.results);
  out << '\n';
  for (const Output& output : program.outputs) write(out, output);
  for (const KeyNeed& key : program.key_needs) {
    out << "key ";
    write(out, key);
    out << '\n';
  }
  out << "sealed under the " << (program.sealing_key == SealingKey::kPublic ? "public" : "secret") << " key\n";
  out << "error sd=" << program.error.score_error_sd << " bound=" << program.error.score_error_bound
      << " maximum=" << program.error.score_maximum << '\n';
}

/// Numbers as in C, whatever the process's locale; doubles with all their digits.
std::ostringstream plain_stream() {
  std::ostringstream out;
  out.imbue(std::locale::classic());
  out.precision(17);
  return out;
}

}  // namespace

std::string print(const Scale& scale) {
  std::ostringstream out = plain_stream();
  write_scale(out, scale);
  return out.str();
}

std::string print(const KeyNeed& key) {
  std::ostringstream out = plain_stream();
  write(out, key);
  return out.str();
}

std::string print(const Program& program) {
  std::ostringstream out = plain_stream();
  write_header(out, program);
  write_weights(out, program);
  write_instructions(out, program);
  write_footer(out, program);
  return out.str();
}

}  // namespace obscura::plan::program
