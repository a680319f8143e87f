"""Twins: two entries with the same question about similar images and with different answers.

Who looks at the question alone cannot answer both. VQA v2 was balanced this way: annotators picked, among 24 similar
images, one for which the answer differs (Goyal et al., Making the V in VQA Matter, 2017).
"""
