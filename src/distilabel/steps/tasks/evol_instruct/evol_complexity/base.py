"""`EvolComplexity`: a model makes an instruction more complex, several times."""

from __future__ import annotations

from typing import Dict

from pydantic import Field

from distilabel.steps.tasks.evol_instruct.base import EvolInstruct
from distilabel.steps.tasks.evol_instruct.evol_complexity.utils import MUTATION_TEMPLATES


class EvolComplexity(EvolInstruct):
    """Rewrites each instruction several times, making it more complex each time.

    This is `EvolInstruct` without the template that starts a new instruction.

    Attributes:
        num_evolutions: How many times to rewrite each instruction.
        store_evolutions: Whether to keep every version instead of only the last one.
        generate_answers: Whether to answer the last version, or every stored version.
        include_original_instruction: Whether the stored versions start with the original
            instruction.
        mutation_templates: Name → prompt with the placeholder `<PROMPT>`.
        seed: Seed of the random choices.

    Input columns:
        - instruction (str): Instruction to evolve.

    Output columns:
        - evolved_instruction (str): Last version.
        - answer (str, optional): Answer to the last version; only with `generate_answers`.
        - model_name (str): Name of the model that rewrote the instruction.

    Categories:
        - evol
        - instruction
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
        Make an instruction more complex, twice:

        ```python
        from distilabel.models import SimulatedLLM
        from distilabel.steps.tasks import EvolComplexity

        task = EvolComplexity(llm=SimulatedLLM(), num_evolutions=2)
        task.load()
        (row,) = next(task.process([{"instruction": "Name an owl."}]))
        ```
    """  # noqa: E501 (titles are on one line, as in the entry on arXiv)

    mutation_templates: Dict[str, str] = Field(default=MUTATION_TEMPLATES, min_length=1)
