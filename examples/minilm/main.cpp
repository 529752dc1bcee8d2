// The same as main.c with xf.hpp: handles free themselves, a failure is an
// exception. Usage: minilm_cpp LIBRARY
#include <xf/xf.hpp>

#include <cstdio>
#include <numeric>

int main(int argc, char **argv) try {
  if (argc != 2)
    throw std::invalid_argument("usage: minilm_cpp LIBRARY");
  const xf::Library library(argv[1]);
  const xf::Model model(library.api());
  xf::Session session(model);

  // "The cat sat on the mat.", "A cat was sitting on a rug.",
  // "Stock prices fell."
  const xf::Rows rows = {
      {101, 1996, 4937, 2938, 2006, 1996, 13523, 1012, 102},
      {101, 1037, 4937, 2001, 3564, 2006, 1037, 20452, 1012, 102},
      {101, 4518, 7597, 3062, 1012, 102}};
  const std::vector<float> vectors = session.encode(rows);

  // The vectors have length 1, so their product is the cosine.
  const std::size_t width = session.info().encode_width;
  for (std::size_t a = 0; a < rows.size(); ++a)
    for (std::size_t b = 0; b < rows.size(); ++b)
      std::printf("%.3f%c",
                  std::inner_product(&vectors[a * width],
                                     &vectors[a * width] + width,
                                     &vectors[b * width], 0.0f),
                  b + 1 < rows.size() ? ' ' : '\n');
} catch (const std::exception &error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 2;
}
