"""The reference for our sentencepiece tokenizer: trains models and tokenizes texts with the
sentencepiece library's own Python package. tools/sentencepiece-reference.mjs runs it.

Standard input: {"models": [{"name", "options"}], "texts": [...], "encodings": [{"model": file,
"mapping", "output": file}]}. Models are trained on corpus.txt and files lie in the folder it runs in:
their paths become a part of the models. Each output gets one JSON line a text: {"text", "ids",
"offsets"}.
"""

import json
import os
import re
import sys

import sentencepiece

XLM_R_SPECIALS = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}


def train(name, options):
    sentencepiece.SentencePieceTrainer.train(
        input="corpus.txt",
        model_prefix=name,
        shuffle_input_sentence=False,
        num_threads=1,  # so that a second run gives the same model
        minloglevel=2,
        **options,
    )
    os.remove(name + ".vocab")


class Plain:
    def __init__(self, processor):
        self.processor = processor

    def pieces(self, text):
        """(id, begin, end) by code points of text."""
        proto = self.processor.encode(text, out_type="immutable_proto")
        return [(piece.id, piece.begin, piece.end) for piece in proto.pieces]

    def encode(self, text):
        return self.pieces(text)


class WithSpecials(Plain):
    """What Hugging Face's tokenizers do: special tokens are cut out of the text first."""

    specials = {}
    first = []
    last = []

    def map_id(self, id):
        return id

    def encode(self, text):
        tokens = [(id, 0, 0) for id in self.first]
        begin = 0
        for part in re.split("(%s)" % "|".join(map(re.escape, self.specials)), text):
            if part in self.specials:
                tokens.append((self.specials[part], begin, begin + len(part)))
            else:
                tokens += [
                    (self.map_id(id), begin + b, begin + e) for id, b, e in self.pieces(part)
                ]
            begin += len(part)
        return tokens + [(id, 0, 0) for id in self.last]


class XlmR(WithSpecials):
    """transformers 4, XLMRobertaTokenizer._convert_token_to_id: fairseq's numbers."""

    def __init__(self, processor):
        super().__init__(processor)
        self.specials = {**XLM_R_SPECIALS, "<mask>": len(processor) + 1}
        self.first = [XLM_R_SPECIALS["<s>"]]
        self.last = [XLM_R_SPECIALS["</s>"]]

    def map_id(self, id):
        piece = self.processor.id_to_piece(id)
        return XLM_R_SPECIALS[piece] if piece in XLM_R_SPECIALS else id + 1


class T5(WithSpecials):
    def __init__(self, processor):
        super().__init__(processor)
        self.specials = {
            piece: processor.piece_to_id(piece) for piece in ("<pad>", "</s>", "<unk>")
        }
        self.last = [processor.eos_id()]


MAPPINGS = {"plain": Plain, "xlm-r": XlmR, "t5": T5}


def main():
    job = json.load(sys.stdin)
    for model in job["models"]:
        train(model["name"], model["options"])
    for encoding in job["encodings"]:
        processor = sentencepiece.SentencePieceProcessor(model_file=encoding["model"])
        mapped = MAPPINGS[encoding["mapping"]](processor)
        with open(encoding["output"], "w", encoding="utf-8") as output:
            for text in job["texts"]:
                tokens = mapped.encode(text)
                case = {
                    "text": text,
                    "ids": [id for id, _, _ in tokens],
                    "offsets": [[begin, end] for _, begin, end in tokens],
                }
                output.write(json.dumps(case, ensure_ascii=False, separators=(",", ":")) + "\n")


main()
