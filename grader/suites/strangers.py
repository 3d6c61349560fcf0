"""What strangers say that is no wish: sentences of the grader's own, so no training file has them.

`qa_generator/language/words.py` has others, which training shows; a test keeps the two apart.
"""

SMALL_TALK: tuple[str, ...] = (
    "did you sleep well?",
    "my train was late again this morning",
    "what is your favourite film?",
    "it has been raining all week",
    "can you believe how fast this year went by?",
    "i had pancakes for breakfast",
    "do robots ever get bored?",
    "my neighbour is learning to ski",
    "who taught you to speak?",
    "that was a long meeting",
    "are you coming to the party on friday?",
    "i forgot my umbrella at the office",
    "congratulations on your new job!",
    "how many people live in iceland?",
    "Is it always this loud in here?",
    "I think I need a holiday.",
    "what does your name mean?",
    "the concert was sold out",
    "have you heard the news?",
    "happy birthday to you",
    "when does the library open tomorrow?",
    "honestly, i have no idea",
    "my daughter starts school next month",
    "what would you do on the moon?",
)
"""Remarks and questions about nothing on the table."""

FOREIGN: tuple[str, ...] = (
    "leg den gelben würfel auf das tablett",
    "dreh die tasse bitte nach rechts",
    "Könntest du die Flasche anheben?",
    "räum die schüssel aus",
    "prends la bouteille et mets-la dans la boîte",
    "échange la tasse et la balle bleue",
    "Peux-tu pousser la tasse vers la gauche ?",
    "retourne la tasse, s'il te plaît",
    "pon la taza roja sobre el plato",
    "¿puedes levantar el cubo azul?",
    "empuja la botella diez centímetros hacia adelante",
    "sposta la tazza a sinistra di dieci centimetri",
    "Per favore, prendi la palla verde",
    "metti tutti i cubi nella scatola",
    "leg de gele bal in de kom",
    "til de rode beker op",
    "coloca a bola vermelha na tigela",
    "levanta o copo amarelo, por favor",
    "ställ koppen på brickan",
    "løft den grønne flaske",
    "nosta punainen kuutio ylös",
    "podnieś czerwoną piłkę",
    "zvedni modrou krychli",
    "emeld fel a piros kockát",
)
"""Wishes in other languages: this robot was taught English alone."""
