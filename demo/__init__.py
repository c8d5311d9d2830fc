"""The demonstration company: Siam CRM Co., Ltd. (บริษัท สยาม ซีอาร์เอ็ม จำกัด), invented throughout."""
