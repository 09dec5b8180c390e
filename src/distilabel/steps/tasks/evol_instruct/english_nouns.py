"""English nouns that instructions of `EvolInstructGenerator` start from."""

from __future__ import annotations

from typing import Final

_TEXT: Final = """
    accident account acid actor advice airport album alarm alphabet ambulance anchor animal answer
    ant apartment apple apron archive argument army arrow art atom audience author autumn baby
    backpack balance ball balloon banana bank barrel basement basket bath battery beach bean bear
    bed bee beetle bell belt bench bicycle bill bird birthday blanket blood board boat body bone
    book border bottle bow bowl box brain branch bread breakfast breath brick bridge broom brother
    brush bucket budget building bus butter butterfly button cabin cable cactus cake calendar camel
    camera camp canal candle canvas captain car carbon card career carpet carrot castle cat cave
    ceiling cell cello century cereal ceremony chain chair chalk challenge champion channel chapter
    charity cheese chef chemistry chess chicken child chimney chocolate choir church cinema circle
    city clay climate clinic clock cloth cloud coach coal coast coat code coffee coin collar
    college color comet committee company compass compost computer concert contract cook copper
    coral corn corner cotton country courage cousin cow crane crew crime crop crowd crown crystal
    culture curtain custom customer dance data daughter deadline debate debt deer democracy dentist
    desert desk dessert detective diary dictionary dinner disease distance doctor dog dolphin door
    dream dress drum dust eagle ear earthquake echo eclipse economy editor education egg election
    electricity elephant elevator email emotion energy engine engineer envelope error evening event
    evidence exam exercise experiment eye fabric face factory family farm farmer fashion feather
    fence ferry festival fever field film filter fire fish flag flavor flood floor flour flower
    flute fog food forest fork fountain fox frame freedom freight friend friendship frog fruit fuel
    fungus furniture future galaxy game garage garden garlic gas gate gene gesture ghost gift
    glacier glass glove glue goal goat gold grain grammar grandmother grape graph grass gravity
    grocery guest guide guitar habit hair hammer hand harbor harvest hat health heart heat helmet
    herb highway hill history hobby holiday home honey horse hospital hotel house humor hunger
    hurricane ice idea identity illusion industry infant ink insect instrument insurance interview
    invention invoice iron island ivory jacket jam jar jazz jewel job joke journal journey judge
    juice jungle jury justice kettle key keyboard kingdom kitchen kite knee knife knot label ladder
    lake lamp language laundry law leader leaf leather lecture legend lemon lens letter library
    license light lighthouse lightning lime liquid literature loan lock logic luggage lunch machine
    magazine magnet mail manager map marble market marriage mask mathematics meadow meal
    measurement meat medicine melody melon memory mercury message metal meteor method microphone
    microscope midnight milk mineral minute mirror mistake model molecule money monkey month
    monument moon morning mosquito motion motor mountain mouse mouth movement muscle museum
    mushroom music myth name nation nature needle neighbor nerve nest network newspaper night noise
    novel number nurse oak oasis ocean office oil olive onion opera opinion orange orbit orchard
    orchestra orchid organ outfit oven owl oxygen package page paint painting palace pancake panel
    paper parade parent park parrot party passenger passport password patent path patient pattern
    pavement peace pear pearl pen pencil penguin pension pepper percentage perfume phone
    photograph physics piano picture pie pigeon pillow pilot pine pirate pizza planet plant plastic
    plate playground plot poem poetry poison police policy pond population porch port postcard
    potato pottery poverty price prison prize probability profit promise protein protest proverb
    pumpkin puzzle pyramid quarter queen question queue rabbit radio railway rain rainbow raincoat
    recipe record recycling refrigerator religion rent republic rescue research restaurant
    rhythm rice ring river road robot rocket roof room root rope rose route rubber ruler rumor
    sail salad salary salmon salt sand sandwich satellite sauce scale scarf schedule school science
    scissors scooter screen sculpture sea season seat secret seed sentence shadow shark sheep
    shelf shell shelter ship shirt shoe shop shoulder signal silence silk silver singer sister
    skeleton skill skin sky sleep smoke snail snake snow soap society sock software soil soldier
    song soup space sparrow speech speed spice spider spoon sport spring squirrel stadium stage
    staircase stamp star station statue steam steel stomach stone storm story stove strategy
    straw stream street strike student subway sugar suitcase summer sun sunflower supermarket
    surgery surprise swamp sweater symbol symphony syrup table tailor talent tax taxi tea teacher
    team telescope temperature temple tent theater theory thermometer thread thunder ticket tide
    tiger time tire toast tomato tool tooth topic tornado tourist towel tower town toy tractor
    tradition traffic trail train translation treasure treaty tree triangle tribe truck trumpet
    trust truth tunnel turtle umbrella uniform union universe university vaccine valley vegetable
    vehicle velvet victory video village vinegar violin virus vitamin voice volcano volume vote
    voyage wage waiter walk wall wallet war warehouse watch water waterfall wave wealth weather
    wedding week weight whale wheat wheel whistle wildlife wind window wine winter wire witness
    wolf wood wool word work workshop world worm wound wrist writer yard year yogurt youth zebra
"""

ENGLISH_NOUNS: Final = tuple(_TEXT.split())
"""Common nouns, each of them once."""
