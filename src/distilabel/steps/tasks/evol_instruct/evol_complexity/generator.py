"""`EvolComplexityGenerator`: a model writes instructions and makes them more complex."""

from __future__ import annotations

from typing import Dict

from distilabel.steps.tasks.evol_instruct.evol_complexity.utils import (
    GENERATION_MUTATION_TEMPLATES,
)
from distilabel.steps.tasks.evol_instruct.generator import EvolInstructGenerator


class EvolComplexityGenerator(EvolInstructGenerator):
    """Generates instructions without input data, and makes them more complex.

    This is `EvolInstructGenerator` without the template that starts a new instruction from another.

    Attributes:
        num_instructions: Number of instructions to generate.
        generate_answers: Whether to answer the instructions.
        mutation_templates: Name → prompt with the placeholder `<PROMPT>`; that of `FRESH_START` is
            replaced by nouns, the others by the instruction to rewrite.
        min_length: Minimum length of an instruction, in characters.
        max_length: Maximum length of an instruction, in characters.
        seed: Seed of the random choices.

    Output columns:
        - instruction (str): Instruction.
        - answer (str, optional): Answer; only with `generate_answers`.
        - model_name (str): Name of the model that wrote them.

    Categories:
        - evol
        - instruction
        - generation
        - deita

    References:
        - [What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning](https://arxiv.org/abs/2312.15685)
        - [WizardLM: Empowering Large Language Models to Follow Complex Instructions](https://arxiv.org/abs/2304.12244)

    Citations:
        ```bibtex
        @misc{liu2024makesgooddataalignment,
            title={What Makes Good Data for Alignment? A Comprehensive Study of Automatic Data Selection in Instruction Tuning},
            author={Wei Liu and Weihao Zeng and Keqing He and Yong Jiang and Junxian He},
            year={2024},
            eprint={2312.15685},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2312.15685},
        }
        ```

        ```bibtex
        @misc{xu2023wizardlmempoweringlargelanguage,
            title={WizardLM: Empowering Large Language Models to Follow Complex Instructions},
            author={Can Xu and Qingfeng Sun and Kai Zheng and Xiubo Geng and Pu Zhao and Jiazhan Feng and Chongyang Tao and Daxin Jiang},
            year={2023},
            eprint={2304.12244},
            archivePrefix={arXiv},
            primaryClass={cs.CL},
            url={https://arxiv.org/abs/2304.12244},
        }
        ```

    Examples:
        Generate two instructions:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolComplexityGenerator

        generator = EvolComplexityGenerator(llm=SimulatedLLM(), num_instructions=2)
        generator.load()
        rows, last = next(generator.process())
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    mutation_templates: Dict[str, str] = GENERATION_MUTATION_TEMPLATES
