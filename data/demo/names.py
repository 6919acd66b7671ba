"""Names of people, places and companies that do not exist."""
# ruff: noqa: SIM905  names read better in running text

FIRST = """
Ada Adam Aisha Alan Alice Amara Amir Ana Andrei Anna Anton Arjun Arthur Asha Aylin Beatrice Ben
Bianca Boris Bruno Cara Carl Carmen Cecil Chloe Clara Cyrus Dana Daniel Daria David Diana Dominic
Edith Eli Elena Elias Ella Emil Emma Eric Esther Eva Farah Felix Fiona Frank Freya George Grace
Hana Hannah Harold Hassan Helen Henry Hugo Ian Ida Ines Irene Iris Isaac Ivan Jack Jana Jasmine
Jean Joan Jonas Joseph Judith Julia Kai Karen Karl Katya Laila Lara Laura Leo Lena Liam Lina Louis
Lucy Lukas Magda Marc Maria Mariam Marta Martin Maya Mei Mila Mina Mohan Nadia Nina Noah Nora Olga
Oliver Omar Oscar Pablo Paula Pavel Peter Petra Philip Priya Rafael Rania Ravi Rita Robert Rosa
Ruth Sami Samuel Sara Sasha Selma Simon Sofia Stefan Suki Susan Tara Theo Thomas Tina Uma Vera
Victor Viola Walter Wendy Yara Yusuf Zara Zoe
""".split()

LAST = """
Abbott Acheson Adler Amberley Anand Ansah Appleby Archer Ashdown Atwood Bakker Balfour Barlow
Bassett Bellamy Benedek Bergström Birch Blackwood Bolton Bonnet Braddock Brandt Brennan Calder
Carrow Castell Chadha Chandler Cheng Colby Conti Cooper Corbin Cosgrove Crane Dalgaard Dalton
Darby Delacroix Demir Denholm Dempsey Diaz Dorsey Drummond Dubois Eastwood Edgerton Ekström Ellery
Emerson Fairfax Farrow Fekete Fenwick Ferreira Finch Fletcher Fontaine Forsythe Fowler Gallagher
Garland Georgiou Gilmore Goddard Grimaldi Haddad Hale Halloran Hartwell Haugen Hayward Hendry
Hollis Horvat Ibsen Idowu Ingram Ivanova Jankowski Jardine Jensen Kalinda Kaplan Keating Kessler
Kimura Kowalski Lambert Langley Larsen Lindqvist Lockwood Lombardi Mackay Maddox Malik Marchetti
Marlowe Mensah Mercer Moreau Mwangi Nakamura Nash Nilsen Norwood Novak Oakley Okafor Oldfield
Orlov Osborne Papadakis Patel Penrose Petrov Pickering Quigley Radford Ramsey Rasmussen Redfern
Rhodes Ricci Rosales Rowntree Sandoval Santos Sato Schaefer Selby Sharma Sinclair Sorensen Stanton
Sutcliffe Takács Tanner Thorne Tierney Tolland Underhill Vance Varga Vega Wainwright Walsh Weaver
Whitlock Winslow Yamada Yates Zeman
""".split()

PLACES = """
Ashbourne Brookfield Castlegate Dunmore Eastquay Fernhill Greystone Harbourside Kingsbridge
Larkfield Millbrook Northgate Oakhaven Priory Queensway Riverside Southwell Thornbury Upperton
Westmere
""".split()

REGIONS = ("Coast", "Midlands", "Uplands")

TRADES = """
Bakery Boatyard Builders Carpentry Cycles Dairy Design Electrics Flooring Foods Garage Glassworks
Haulage Interiors Joinery Kitchens Landscapes Logistics Machining Nurseries Optics Packaging
Pharmacy Plumbing Pottery Printing Roofing Scaffolding Seafoods Systems Tailoring Textiles Timber
Translations
""".split()

OCCUPATIONS = (
    "accountant", "baker", "bus driver", "carpenter", "carer", "chemist", "civil servant", "cook",
    "designer", "electrician", "engineer", "farmer", "hairdresser", "journalist", "lawyer",
    "librarian", "mechanic", "musician", "nurse", "pensioner", "physician", "plumber",
    "programmer", "sales assistant", "student", "teacher", "warehouse worker",
)  # fmt: skip
