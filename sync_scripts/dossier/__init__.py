"""The dossier of one case for somebody outside: one document, one page to read, one sealed file. Opens nothing itself.

document   what leaves, with the words of the codebook, as one JSON document
page       the same as one page of HTML: nothing loaded from anywhere, no script
parcel     both in one file, sealed for the receiver
writing    days, instants, codes and questions as a page writes them
sentences  reasons and headings in words
"""
