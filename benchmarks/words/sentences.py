"""Plain sentences to be spoken: no two share a subject, an act or a place."""

from __future__ import annotations

WHO = """
the old fisherman|my grandmother|a young doctor|the village teacher|two brothers from Scotland
the night guard|our neighbour|a famous painter|the bus driver|three students|the mayor of the city
a tired nurse|the hotel manager|a blind musician|the football coach|my younger sister
the ship's captain|a lonely farmer|the police officer|an Italian cook|the chess champion
a retired pilot|the museum guide|a little girl|the forest ranger|my best friend|the radio host
a wedding photographer|the piano teacher|a mountain climber|the butcher|a science reporter
the swimming team|an elderly couple|the astronaut|a travelling salesman|the gardener
my German cousin|the film director|a shy librarian
"""
DID = """
repaired a wooden boat|baked bread with walnuts|lost a silver ring|counted the white horses
built a stone bridge|painted the kitchen yellow|found an empty suitcase|sold twelve bicycles
cooked a pot of soup|watched the full moon|wrote a long letter|played the violin
planted apple trees|saved a drowning dog|bought a second hand camera|drank cold lemonade
opened a secret door|broke the kitchen window|learned to speak Spanish|carried heavy boxes
took pictures of butterflies|cleaned the swimming pool|told a funny story|hid the birthday cake
fixed the broken engine|collected old coins|burned the wet firewood|sang a sad song
caught a giant salmon|missed the last train|drew a map of the island|fed the hungry pigeons
bought fresh strawberries|washed the green curtains|trained a young elephant
forgot the front door key|read the morning newspaper|won a golden medal|sewed a winter coat
measured the deep snow
"""
WHERE = """
near the old harbour|on a rainy Sunday|behind the railway station|at the end of the summer
in the middle of the desert|under the oak tree|before the concert began|across the frozen lake
during the thunderstorm|inside the castle|on the first of January|beside the petrol station
at the top of the tower|in a small Norwegian town|after the long war|next to the hospital
at the airport in Madrid|in the botanical garden|on the way to church|below the waterfall
between two high buildings|in front of the parliament|at a market in Morocco
on the roof of the school|along the dusty road|far from the nearest village|at half past seven
in the dark cellar|near the Canadian border|on the crowded beach|in the emergency room
outside the bakery|around the camp fire|in the back of a truck|on the third floor
opposite the post office|during the winter holidays|at the bottom of the valley|in a quiet street
beyond the mountains
"""
OTHER = {
    "de": (
        "Der alte Fischer repariert sein Boot am Hafen.",
        "Meine Großmutter backt am Sonntag einen Kuchen mit Äpfeln.",
        "Die Kinder spielen hinter dem Bahnhof mit einem roten Ball.",
        "Der Zug nach Hamburg fährt heute zwanzig Minuten später.",
        "Im Museum hängt ein Bild von einem weißen Pferd.",
        "Die Ärztin hat den kranken Hund gesund gemacht.",
        "Wir haben gestern im Wald viele Pilze gefunden.",
        "Das Fenster in der Küche ist schon wieder kaputt.",
        "Mein Bruder lernt seit drei Jahren Geige.",
        "Auf dem Markt kaufen wir Tomaten und frisches Brot.",
        "Der Lehrer erzählt eine Geschichte über den Mond.",
        "Im Winter ist der See hinter dem Dorf gefroren.",
    ),
    "es": (
        "El viejo pescador repara su barco cerca del puerto.",
        "Mi abuela prepara una tarta de manzana todos los domingos.",
        "Los niños juegan con una pelota roja detrás de la estación.",
        "El tren de Madrid llega esta noche con veinte minutos de retraso.",
        "En el museo hay un cuadro de un caballo blanco.",
        "La doctora curó al perro enfermo de mi vecino.",
        "Ayer encontramos muchas setas en el bosque.",
        "La ventana de la cocina está rota otra vez.",
        "Mi hermano estudia violín desde hace tres años.",
        "En el mercado compramos tomates y pan fresco.",
        "El profesor cuenta una historia sobre la luna.",
        "En invierno el lago del pueblo está helado.",
    ),
    "it": (
        "Il vecchio pescatore ripara la sua barca vicino al porto.",
        "Mia nonna prepara una torta di mele ogni domenica.",
        "I bambini giocano con una palla rossa dietro la stazione.",
        "Il treno per Milano parte domani mattina alle otto.",
        "Nel museo c'è un quadro con un cavallo bianco.",
        "La dottoressa ha curato il cane malato del mio vicino.",
        "Ieri abbiamo trovato molti funghi nel bosco.",
        "La finestra della cucina è rotta un'altra volta.",
        "Mio fratello studia il violino da tre anni.",
        "Al mercato compriamo pomodori e pane fresco.",
        "Il maestro racconta una storia sulla luna.",
        "In inverno il lago del paese è gelato.",
    ),
    "fr": (
        "Le vieux pêcheur répare son bateau près du port.",
        "Ma grand-mère prépare un gâteau avec des pommes.",
        "Les enfants jouent au ballon derrière la gare.",
        "Le train pour Lyon partira demain matin à huit heures.",
        "Au musée, il y a un tableau avec un cheval blanc.",
        "La femme médecin a soigné le chien de mon voisin.",
    ),
}
"""The same in other languages, by the name of a voice of espeak-ng."""


def sentences(n: int) -> list[str]:
    """The first n sentences; each word of meaning is in one of forty at a time.

    Raises:
        ValueError: There are not so many.
    """
    who, did, where = (_parts(text) for text in (WHO, DID, WHERE))
    if n > len(who) * 3:
        raise ValueError(f"{n} sentences; there are {len(who) * 3}")
    said = []
    for number in range(n):
        turn, at = divmod(number, len(who))
        words = f"{who[at]} {did[(at * 7 + turn * 13) % 40]} {where[(at * 3 + turn * 11) % 40]}."
        said.append(words[0].upper() + words[1:])
    return said


def _parts(text: str) -> list[str]:
    return [part for line in text.strip().splitlines() for part in line.split("|")]
