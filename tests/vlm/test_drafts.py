import pytest

from vlm.drafts import Drafter, Habits

PROMPT = "gripper: 320, 0, 420\nred cube: 412, -127, 25\nblue bowl: 520, 80, 30\nlift the red cube"


@pytest.fixture
def habits():
    known = Habits()
    known.learn(" pick(1, 2, 3)\nplace(4, 5, 6)")
    return known


@pytest.fixture
def guess(chat, habits):
    """What is guessed behind a text."""
    drafter = Drafter(chat, habits, PROMPT)

    def told(text):
        ids = chat.answer_ids([text])[0][:-1] if text else []
        return chat.tokenizer.decode(drafter.guess(ids))

    return told


def test_a_number_that_has_begun_goes_on_as_in_the_list(guess):
    assert guess("pick(41") == "2, -127, 25)\nplace("


def test_the_place_of_the_gripper_is_guessed_last(guess):
    assert guess("pick(412, -127, 25)\nplace(5").startswith("20, 80, 30)")


def test_numbers_of_the_action_before_are_taken_again(guess):
    assert guess("pick(412, -127, 25)\nplace(600, -1") == "27, 25)<end_of_utterance>"


def test_the_beginning_is_a_habit(guess, chat):
    assert guess("") == chat.answer_lead() + "pick("


def test_a_sign_before_a_number_is_no_trouble(chat, habits):
    ids = chat.answer_ids(["pick(412, -127, 25)"])[0]
    begun = ids[: [chat.tokenizer.decode(i) for i in ids].index(", -") + 1]
    drafter = Drafter(chat, habits, PROMPT)
    assert chat.tokenizer.decode(drafter.guess(begun)) == "127, 25)\nplace("


def test_nothing_is_guessed_where_nothing_is_known(chat):
    assert Drafter(chat, Habits(), "lift it").guess(chat.answer_ids(["pick(4"])[0][:-1]) == []
    assert Drafter(chat, Habits(), "").guess([]) == []


def test_what_is_no_plan_teaches_no_habit(chat, habits, guess):
    for _ in range(3):
        habits.learn("yes")
        habits.learn("pick(1, 2, 3)\nthe red cube(4)")
    assert guess("") == chat.answer_lead() + "pick("
    assert guess("pick(412, -127, 25)") == "\nplace("


def test_nonsense_is_no_trouble(guess):
    for text in ("((((", "pick(,,,", "\n\n)", "12, 13, 14", "pick(1, 2, 3, 4, 5, 6, 7"):
        guess(text)
