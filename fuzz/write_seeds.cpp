#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fuzz/artefacts.hpp"

// Writes a good artefact of every kind to FOLDER/FORMAT/NAME: what fuzzing starts from.

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  obscura::fuzz::Workshop workshop;
  for (const auto& artefact : obscura::fuzz::make_artefacts(workshop)) {
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / artefact.format;
    std::filesystem::create_directories(folder);
    std::ofstream file(folder / artefact.name, std::ios::binary);
    file.write(reinterpret_cast<const char*>(artefact.bytes.data()),
               static_cast<std::streamsize>(artefact.bytes.size()));
    if (!file) {
      std::fprintf(stderr, "cannot write %s\n", (folder / artefact.name).c_str());
      return 1;
    }
  }
  return 0;
}
