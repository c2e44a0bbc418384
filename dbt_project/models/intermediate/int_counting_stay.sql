{{ counting_stays(
    stays_with_person(ref('stay'), ref('person')), ref('int_counting_place'), ref('int_stay_registration')
) }}
