"""Conversations with users who differ: personas that cover all pairs of traits, and their goals.

Traits are sampled so that every pair of them occurs, a template makes a persona and a goal of them,
and one model plays the user while another one is the assistant.

As it is, both models are simulated. For real ones, set OPENAI_API_KEY:

    python examples/simulated_users.py --real
"""

import argparse

from distilabel.models import OpenAILLM, SimulatedLLM
from distilabel.models.llms import LLM
from distilabel.pipeline import Pipeline
from distilabel.steps import AttributeSampler, KeepColumns
from distilabel.steps.tasks import UserSimulation

TRAITS = {
    "job": ["nurse", "truck driver", "retired teacher", "student of law"],
    "knowledge": ["knows nothing about the matter", "has read a little", "knows it well"],
    "manner": {"writes short messages": 3, "explains everything": 1, "is impatient": 1},
    "matter": ["sleep", "a rental contract", "a used bicycle", "learning Spanish"],
    "aim": ["to understand how it works", "to decide what to do next", "to avoid a mistake"],
}
TEMPLATES = {
    "persona": "A {{ job }} who {{ knowledge }} and {{ manner }}.",
    "goal": "In the matter of {{ matter }}: {{ aim }}.",
}


def simulated_users(llm: LLM, user_llm: LLM, max_turns: int = 4) -> Pipeline:
    """Returns the pipeline.

    Args:
        llm: Model that is the assistant.
        user_llm: Model that plays the users.
        max_turns: Most turns of a conversation.
    """
    with Pipeline(name="simulated-users") as pipeline:
        personas = AttributeSampler(
            name="personas", attributes=TRAITS, coverage="pairs", templates=TEMPLATES
        )
        talk = UserSimulation(name="talk", llm=llm, user_llm=user_llm, max_turns=max_turns)
        keep_columns = KeepColumns(
            name="keep_columns",
            columns=[*TRAITS, *TEMPLATES, "conversation", "ended_by_user", "user_model_name"],
        )
        personas >> talk >> keep_columns
    return pipeline


def main() -> None:
    """Makes the conversations and says how long they are."""
    parser = argparse.ArgumentParser(description="Make conversations with simulated users.")
    parser.add_argument("--real", action="store_true", help="ask real models")
    options = parser.parse_args()
    llm: LLM = OpenAILLM(model="gpt-4o-mini") if options.real else SimulatedLLM(model="assistant")
    user: LLM = OpenAILLM(model="gpt-4o") if options.real else SimulatedLLM(model="user")
    rows = simulated_users(llm, user).run()["default"]["train"]
    turns = sum(len(conversation) // 2 for conversation in rows["conversation"])
    print(f"{len(rows)} conversations of {turns / len(rows):.1f} turns")


if __name__ == "__main__":
    main()
